//! Reports on several targets as one: a row each, and every finding once with the targets it was found on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Drawing, Drawn, Failure, Proposed, Report, Side, Threshold, Timing, Verdict};
use crate::contract::{Gap, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{self, Finding};

/// As many names are told where something holds for a part of the targets.
const NAMED: usize = 3;

/// Several targets that were looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fleet {
    /// Each of them, by name.
    pub targets: Vec<Target>,
    /// Which parts of all targets these are; empty where they are all of them.
    pub shards: BTreeSet<Shard>,
}

/// What came of one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// How it is called.
    pub name: String,
    /// What was concluded.
    pub verdict: Verdict,
    /// Why nothing was, for `unknown`.
    pub failure: Option<Failure>,
    /// What there is.
    pub live: Side,
    /// From start to verdict.
    pub took: Duration,
}

/// One of several equal parts of all targets, as in `3/20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// How many parts there are.
    pub of: u32,
    /// Which one it is, from 1.
    pub number: u32,
}

impl Shard {
    /// Whether a target falls into it. That goes by the name alone: a target that comes or goes moves no other.
    pub fn has(self, name: &str) -> bool {
        let hash = blake3::hash(name.as_bytes());
        let (head, _) = hash.as_bytes().split_at(8);
        let head = head
            .iter()
            .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
        head % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/');
        let parts = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if 0 < number && number <= of => Ok(Self { of, number }),
            _ => Err("spell it NUMBER/OF, e.g. 3/20".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// One report on all targets of a run.
pub fn join(mut reports: Vec<(String, Report)>, shard: Option<Shard>) -> Report {
    // What is told does not go by who was done first.
    reports.sort_by(|one, other| one.0.cmp(&other.0));
    let parts = reports.into_iter();
    let mut joined = combine(parts.map(|(name, report)| of_one(name, report)).collect());
    if let (Some(shard), Some(fleet)) = (shard, &mut joined.fleet) {
        fleet.shards.insert(shard);
    }
    joined
}

/// One report out of those of several runs, each with the file it came from.
///
/// # Errors
/// When two runs looked at the same target or the same shard: one of them is stale.
pub fn merge(reports: Vec<(String, Report)>) -> Result<Report> {
    let (mut names, mut shards) = (BTreeMap::new(), BTreeMap::new());
    let mut parts = Vec::new();
    for (file, report) in reports {
        let part = match report.fleet {
            Some(_) => report,
            None => of_one(report.live.source.clone(), report),
        };
        let Fleet {
            targets,
            shards: own,
        } = part.fleet.clone().unwrap_or_default();
        for target in targets {
            if let Some(other) = names.insert(target.name.clone(), file.clone()) {
                return Err(twice(&target.name, &other, &file));
            }
        }
        for shard in own {
            if let Some(other) = shards.insert(shard, file.clone()) {
                return Err(twice(&format!("shard {shard}"), &other, &file));
            }
        }
        parts.push(part);
    }
    let seen: BTreeSet<Shard> = shards.into_keys().collect();
    parts.extend(absent(&seen).map(|shard| of_one(format!("shard {shard}"), unreported(shard))));
    Ok(combine(parts))
}

/// Shards that nobody reported on although others of their kind were.
fn absent(seen: &BTreeSet<Shard>) -> impl Iterator<Item = Shard> {
    let counts: BTreeSet<u32> = seen.iter().map(|shard| shard.of).collect();
    let all = counts
        .into_iter()
        .flat_map(|of| (1..=of).map(move |number| Shard { of, number }));
    all.filter(|shard| !seen.contains(shard))
}

fn unreported(shard: Shard) -> Report {
    let error = Error::new(
        ErrorCode::TargetUnknown,
        format!("there is no report of shard {shard}"),
    )
    .with_help("Its job ended before it wrote one: see its log.");
    Report::unknown(&error, Side::default(), Side::default(), Threshold::Never)
}

fn twice(what: &str, first: &str, second: &str) -> Error {
    Error::new(
        ErrorCode::SourceInvalid,
        format!("{first} and {second} both report on {what}"),
    )
    .with_help("Name the reports of one run only.")
}

/// A report on one target as one on several.
fn of_one(name: String, mut report: Report) -> Report {
    for finding in &mut report.findings {
        finding.targets = vec![name.clone()];
    }
    let target = Target {
        name,
        verdict: report.verdict,
        failure: report.failure.take(),
        live: report.live.clone(),
        took: report.timing.total,
    };
    report.fleet = Some(Fleet {
        targets: vec![target],
        shards: BTreeSet::new(),
    });
    report
}

fn combine(parts: Vec<Report>) -> Report {
    let mut fleet = Fleet::default();
    for part in parts.iter().filter_map(|part| part.fleet.as_ref()) {
        fleet.targets.extend(part.targets.iter().cloned());
        fleet.shards.extend(part.shards.iter().copied());
    }
    fleet.targets.sort_by(|a, b| a.name.cmp(&b.name));
    let verdict = verdict_of(&fleet.targets);
    let looked = || parts.iter().filter(|part| part.verdict != Verdict::Unknown);
    let classes = looked().map(|part| part.classes.clone());
    Report {
        verdict,
        failure: (verdict == Verdict::Unknown).then(|| failure(&fleet.targets)),
        expected: same_side(parts.iter().map(|part| &part.expected)),
        live: Side {
            source: counted(fleet.targets.len()),
            ..Side::default()
        },
        threshold: threshold(&parts),
        classes: classes.reduce(|all, some| &all & &some).unwrap_or_default(),
        not_compared: gaps(&looked().collect::<Vec<_>>()),
        probes: Vec::new(),
        used: parts.iter().find_map(|part| part.used),
        proposed: proposed(&parts),
        timing: timing(&parts),
        drawn: drawn(&parts),
        findings: folded(parts.into_iter().flat_map(|part| part.findings)),
        fleet: Some(fleet),
    }
}

/// What is broken is broken whatever could not be looked at; without any target nobody looked.
fn verdict_of(targets: &[Target]) -> Verdict {
    let has = |verdict| targets.iter().any(|target| target.verdict == verdict);
    match (
        has(Verdict::Broken),
        has(Verdict::Unknown),
        targets.is_empty(),
    ) {
        (true, _, _) => Verdict::Broken,
        (false, true, _) | (false, false, true) => Verdict::Unknown,
        (false, false, false) => Verdict::Holds,
    }
}

fn failure(targets: &[Target]) -> Failure {
    let unknown: Vec<&Target> = targets
        .iter()
        .filter(|target| target.verdict == Verdict::Unknown)
        .collect();
    let message = match unknown.as_slice() {
        [] => "there was no target to look at".to_owned(),
        [only] => format!("no verdict on {} of {}", only.name, counted(targets.len())),
        several => format!(
            "no verdict on {} of {}",
            several.len(),
            counted(targets.len())
        ),
    };
    let help = unknown
        .iter()
        .find_map(|target| target.failure.as_ref()?.help.clone());
    Failure {
        code: ErrorCode::TargetUnknown,
        message,
        help,
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 target".to_owned(),
        _ => format!("{count} targets"),
    }
}

/// What all have in common.
fn same_side<'a>(sides: impl Iterator<Item = &'a Side>) -> Side {
    let mut sides = sides.filter(|side| !side.source.is_empty()).cloned();
    let first = sides.next().unwrap_or_default();
    sides.fold(first, |mut all, side| {
        if all.source != side.source {
            all.source = "contracts of their own".to_owned();
        }
        if all.server_version != side.server_version {
            all.server_version.clear();
        }
        if all.hash != side.hash {
            all.hash.clear();
            all.object_count = 0;
        }
        all
    })
}

fn drawn(parts: &[Report]) -> Drawn {
    let drawings = parts.iter().filter_map(|part| part.drawn.tables.as_ref());
    Drawn {
        tables: Drawing::join(drawings),
        matrix: parts.iter().find_map(|part| part.drawn.matrix.clone()),
    }
}

/// The strictest.
fn threshold(parts: &[Report]) -> Threshold {
    let severities = parts.iter().filter_map(|part| match part.threshold {
        Threshold::From(severity) => Some(severity),
        Threshold::Never => None,
    });
    severities.min().map_or(Threshold::Never, Threshold::From)
}

fn timing(parts: &[Report]) -> Timing {
    let longest = |of: fn(&Timing) -> Duration| {
        parts
            .iter()
            .map(|part| of(&part.timing))
            .max()
            .unwrap_or_default()
    };
    Timing {
        expected: longest(|timing| timing.expected),
        live: longest(|timing| timing.live),
        total: longest(|timing| timing.total),
    }
}

/// What was not compared on all of them stands as it is, the rest with names.
fn gaps(parts: &[&Report]) -> BTreeSet<Gap> {
    let mut on: BTreeMap<&Gap, Vec<&Report>> = BTreeMap::new();
    for part in parts {
        for gap in &part.not_compared {
            on.entry(gap).or_default().push(part);
        }
    }
    let told = on.into_iter().map(|(gap, on)| {
        if on.len() == parts.len() {
            return gap.clone();
        }
        let fleets = on.iter().filter_map(|part| part.fleet.as_ref());
        let names = fleets
            .flat_map(|fleet| &fleet.targets)
            .map(|target| target.name.as_str());
        Gap {
            what: format!("{}: {}", some(&names.collect::<Vec<_>>()), gap.what),
            why: gap.why.clone(),
        }
    });
    told.collect()
}

/// The first few names, and how many more there are.
fn some(names: &[&str]) -> String {
    match names.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

/// A change is the same for all; what it does to tables is each one's own.
fn proposed(parts: &[Report]) -> Option<Proposed> {
    let mut all = parts
        .iter()
        .filter_map(|part| Some((part.proposed.as_ref()?, part)));
    let mut first = all.next()?.0.clone();
    first.effects.clear();
    for (proposed, part) in parts
        .iter()
        .filter_map(|part| Some((part.proposed.as_ref()?, part)))
    {
        let is_alone = part
            .fleet
            .as_ref()
            .and_then(|fleet| match fleet.targets.as_slice() {
                [target] if parts.len() > 1 => Some(&target.name),
                _ => None,
            });
        for effect in &proposed.effects {
            let mut effect = effect.clone();
            if let Some(name) = is_alone {
                effect.size = effect.size.map(|size| format!("{size} on {name}"));
            }
            if !first.effects.contains(&effect) {
                first.effects.push(effect);
            }
        }
    }
    Some(first)
}

/// Each finding once, with all targets it was found on; the order of reports.
fn folded(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    type Key = (ObjectId, String, Option<String>, String);
    let mut all: BTreeMap<Key, Vec<(Finding, Vec<String>)>> = BTreeMap::new();
    for mut finding in findings {
        let targets = std::mem::take(&mut finding.targets);
        let key = (
            finding.id.clone(),
            finding.code.clone(),
            finding.fact.clone(),
            finding.content(),
        );
        let alike = all.entry(key).or_default();
        match alike.iter_mut().find(|(known, _)| *known == finding) {
            Some((_, on)) => on.extend(targets),
            None => alike.push((finding, targets)),
        }
    }
    let folded = all.into_values().flatten().map(|(finding, mut targets)| {
        targets.sort();
        targets.dedup();
        Finding { targets, ..finding }
    });
    let mut folded: Vec<Finding> = folded.collect();
    findings::sort(&mut folded);
    folded
}

impl Fleet {
    /// Where a finding stands, in words: `on all 4 targets`, `on a, b`.
    pub fn place(&self, finding: &Finding) -> String {
        let names: Vec<&str> = finding.targets.iter().map(String::as_str).collect();
        match names.len() {
            count if count == self.targets.len() && count > 1 => format!("on all {count} targets"),
            count if count > NAMED => format!("on {count} targets: {}", some(&names)),
            _ => format!("on {}", names.join(", ")),
        }
    }

    /// What came of a target, in words.
    pub fn summary(&self, report: &Report, target: &Target) -> String {
        if let Some(failure) = &target.failure {
            return format!("{}: {}", failure.code, failure.message);
        }
        let findings = report.findings.iter();
        let own = findings.filter(|finding| finding.targets.contains(&target.name));
        super::summary_of(own.filter(|finding| finding.counts()))
    }

    /// How many of them there is no verdict on.
    pub(super) fn unknown_count(&self) -> usize {
        let targets = self.targets.iter();
        targets
            .filter(|target| target.verdict == Verdict::Unknown)
            .count()
    }

    /// The targets that a person has to look at, worst first, and how many hold.
    pub fn troubled(&self) -> (Vec<&Target>, usize) {
        let of = |verdict| {
            self.targets
                .iter()
                .filter(move |target| target.verdict == verdict)
        };
        let troubled = of(Verdict::Broken).chain(of(Verdict::Unknown)).collect();
        (troubled, of(Verdict::Holds).count())
    }
}
