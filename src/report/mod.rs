//! The report: what is said about a run. Renderers turn it into text and decide nothing.

pub mod access;
pub mod annotations;
mod badge;
mod drawing;
mod fleet;
mod html;
mod json_v1;
mod junit;
pub mod markdown;
mod place;
mod plan_v1;
mod probes;
mod read_v1;
mod sarif;
mod terminal;
pub mod usage;
mod value;
mod visible;

pub use badge::{shields, svg as badge};
pub use drawing::{Drawing, Drawn, Shown, State, Table, Tie};
pub use fleet::{Fleet, Shard, Target, join, merge};
pub use html::{Page, policy as html_policy, render as html};
pub use json_v1::render as render_json;
pub use junit::render as junit;
pub use plan_v1::{PlanReport, render as render_plan};
pub use read_v1::read as read_json;
pub use sarif::render as sarif;
pub use terminal::render as render_terminal;
pub use value::{display as display_value, is_text as is_multiline_text};
pub use visible::{visible, visible_line};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::classes::Severity;
use crate::contract::{Gap, Location};
use crate::error::{Error, ErrorCode};
use crate::findings::{ContractChange, Effect, Finding, Standing};
use crate::smoke::Probe;

/// What a run concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Live is what the contract says, as far as the threshold asks.
    Holds,
    /// It is not.
    Broken,
    /// Nobody could look.
    Unknown,
}

impl Verdict {
    /// The word that is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// From which severity on a finding breaks the contract and fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// This severity and worse.
    From(Severity),
    /// Findings never fail the run; the verdict still says broken from errors on.
    Never,
}

impl Threshold {
    /// The word that flags and reports spell it with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From(severity) => severity.as_str(),
            Self::Never => "never",
        }
    }

    /// Whether a finding breaks the contract.
    pub fn is_reached_by(self, finding: &Finding) -> bool {
        let from = match self {
            Self::From(severity) => severity,
            Self::Never => Severity::Error,
        };
        finding.counts() && finding.severity >= from
    }
}

/// One side of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The source as it was named, without any secret.
    pub source: String,
    /// The server that read or elaborated it.
    pub server_version: String,
    /// How many objects were compared.
    pub object_count: usize,
    /// A hash of them.
    pub hash: String,
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: ErrorCode,
    /// What failed, with its causes.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// How long the parts took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Making the expected contract.
    pub expected: Duration,
    /// Reading live.
    pub live: Duration,
    /// From start to verdict.
    pub total: Duration,
}

/// Everything a renderer needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was concluded.
    pub verdict: Verdict,
    /// Why nothing was, for `unknown`.
    pub failure: Option<Failure>,
    /// What the repository declares.
    pub expected: Side,
    /// What there is.
    pub live: Side,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// From where on findings fail the run.
    pub threshold: Threshold,
    /// Classes that were compared.
    pub classes: BTreeSet<String>,
    /// What was not compared, and why.
    pub not_compared: BTreeSet<Gap>,
    /// What was tried on the running database, where that was asked for.
    pub probes: Vec<Probe>,
    /// How much code was held to the contract, where that was asked for.
    pub used: Option<Used>,
    /// The change that was looked at, where one was.
    pub proposed: Option<Proposed>,
    /// What each target came to, where several were looked at.
    pub fleet: Option<Fleet>,
    /// What pictures are made of.
    pub drawn: Drawn,
    /// How long it took.
    pub timing: Timing,
}

/// How much code was held to the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Files that were read.
    pub files: usize,
    /// Uses of tables, functions and buckets that were judged.
    pub uses: usize,
    /// Uses, or parts of them, that nobody could judge; they are listed as not compared.
    pub open: usize,
}

/// What a change makes of the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// The contract with the change.
    pub head: Side,
    /// What is another in it, by object.
    pub changes: Vec<ContractChange>,
    /// What its statements do to tables of live, in order.
    pub effects: Vec<EffectLine>,
    /// What somebody may do with it and could not, and the other way round, where that was tried.
    pub access: Vec<AccessChange>,
}

/// A change of who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessChange {
    /// The table, view, function or bucket.
    pub object: String,
    /// Who.
    pub actor: String,
    /// What, e.g. `select-other`.
    pub operation: &'static str,
    /// Whether they may do more than before.
    #[serde(rename = "wider")]
    pub is_wider: bool,
    /// What, as in "may select rows of others".
    #[serde(skip)]
    pub what: &'static str,
    /// What lets them.
    pub because: String,
}

/// What one statement does to tables of live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectLine {
    /// Where it stands.
    pub location: Location,
    /// The table, quoted and qualified.
    pub relation: String,
    /// The lock that keeps others out, as `pg_locks` names it.
    pub lock: Option<String>,
    /// Whether the table is written anew as a whole.
    pub rewrites: bool,
    /// Whether it is read as a whole.
    pub scans: bool,
    /// Whether rows of it may be written.
    pub writes: bool,
    /// How large it is in live, in words.
    pub size: Option<String>,
}

impl AccessChange {
    /// Changes that differ in the actor only, as one with all of them: `member and user`; what is wider first.
    pub(super) fn together(changes: &[Self]) -> Vec<Self> {
        let mut together: Vec<(Self, Vec<&str>)> = Vec::new();
        for change in changes {
            let is_same = |other: &Self| {
                (
                    &other.object,
                    other.operation,
                    other.is_wider,
                    &other.because,
                ) == (
                    &change.object,
                    change.operation,
                    change.is_wider,
                    &change.because,
                )
            };
            match together.iter_mut().find(|(other, _)| is_same(other)) {
                Some((_, actors)) => actors.push(&change.actor),
                None => together.push((change.clone(), vec![&change.actor])),
            }
        }
        together.sort_by_key(|(change, _)| !change.is_wider);
        let joined = together.into_iter().map(|(change, actors)| Self {
            actor: match actors.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
                None => String::new(),
            },
            ..change
        });
        joined.collect()
    }
}

impl EffectLine {
    /// In words, e.g. `rewrites it, AccessExclusiveLock`.
    pub fn in_words(&self) -> String {
        let done = [
            (self.rewrites, "rewrites it"),
            (self.scans && !self.rewrites, "reads all of it"),
            (self.writes, "may write rows"),
        ];
        let done = done.iter().filter(|(is, _)| *is).map(|(_, words)| *words);
        let words: Vec<&str> = done.chain(self.lock.as_deref()).collect();
        words.join(", ")
    }
}

impl Proposed {
    /// The heading of findings that count where a change is looked at.
    pub(super) const COUNTED: &str = "Drift, and what else stands against this change";

    /// The heading of what statements do to tables.
    pub(super) const EFFECTS: &str = "What the change does to tables of live";

    /// The heading of who may do what with the change.
    pub(super) const ACCESS: &str = "Who may do what with this change";

    /// Headings of what is told and does not count.
    pub(super) const TOLD: [(Standing, &str); 3] = [
        (Standing::Ahead, "Live already is what this change makes"),
        (Standing::Touched, "Drift of what this change touches"),
        (Standing::Elsewhere, "Drift that is not this change's doing"),
    ];

    /// Counts in words, e.g. `2 added, 1 removed`.
    pub fn summary(&self) -> String {
        let count = |effect: Effect| {
            let changes = self.changes.iter();
            changes.filter(|change| change.effect == effect).count()
        };
        let parts = [
            (count(Effect::Added), "added"),
            (count(Effect::Changed), "changed"),
            (count(Effect::Removed), "removed"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match parts.is_empty() {
            true => "nothing in the contract".to_owned(),
            false => parts.join(", "),
        }
    }
}

impl Failure {
    /// What an error says.
    pub fn of(error: &Error) -> Self {
        Self {
            code: error.code(),
            message: error.chain(),
            help: error.help().map(str::to_owned),
        }
    }
}

impl Report {
    /// A report that says why nobody could look.
    pub fn unknown(error: &Error, expected: Side, live: Side, threshold: Threshold) -> Self {
        Self {
            verdict: Verdict::Unknown,
            failure: Some(Failure::of(error)),
            expected,
            live,
            findings: Vec::new(),
            threshold,
            classes: BTreeSet::new(),
            not_compared: BTreeSet::new(),
            probes: Vec::new(),
            used: None,
            proposed: None,
            fleet: None,
            drawn: Drawn::default(),
            timing: Timing::default(),
        }
    }

    /// The verdict that findings amount to.
    pub fn verdict_of(findings: &[Finding], threshold: Threshold) -> Verdict {
        match findings
            .iter()
            .any(|finding| threshold.is_reached_by(finding))
        {
            true => Verdict::Broken,
            false => Verdict::Holds,
        }
    }

    /// The exit status: 0 holds, 1 broken, or the error's own. `--fail-on never` hides only findings.
    pub fn exit_status(&self) -> u8 {
        match (&self.failure, self.verdict, self.threshold) {
            (Some(failure), _, _) => failure.code.exit_status(),
            (None, Verdict::Unknown, _) => 3,
            (None, Verdict::Broken, Threshold::From(_)) => 1,
            // That findings may be there says nothing of targets that nobody could look at.
            (None, Verdict::Broken, Threshold::Never) if self.has_unknown_target() => 3,
            (None, Verdict::Broken, Threshold::Never) | (None, Verdict::Holds, _) => 0,
        }
    }

    /// Why there is no verdict: on all of it, or on targets by name.
    pub(super) fn failures(&self) -> Vec<(Option<&str>, &Failure)> {
        let targets = self.fleet.iter().flat_map(|fleet| &fleet.targets);
        let on_targets = targets
            .filter_map(|target| Some((Some(target.name.as_str()), target.failure.as_ref()?)));
        let on_targets: Vec<_> = on_targets.collect();
        match (&self.failure, on_targets.is_empty()) {
            // What is said of several targets only counts them.
            (Some(failure), true) => vec![(None, failure)],
            (Some(_), false) | (None, _) => on_targets,
        }
    }

    /// Findings that count, each with a name that stays the same from run to run and is nobody else's.
    pub(super) fn named(&self) -> Vec<(String, &Finding)> {
        self.names_of(Finding::counts)
    }

    /// Findings with such names; they are the same whatever is left out.
    pub(super) fn names_of(&self, is_wanted: impl Fn(&Finding) -> bool) -> Vec<(String, &Finding)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let named = self.findings.iter().map(|finding| {
            let print = finding.fingerprint();
            let count = seen.entry(print.clone()).or_default();
            *count += 1;
            let name = match *count {
                1 => print,
                more => format!("{print}-{more}"),
            };
            (name, finding)
        });
        named.filter(|(_, finding)| is_wanted(finding)).collect()
    }

    /// Whether there is no verdict on one of several targets.
    fn has_unknown_target(&self) -> bool {
        self.fleet
            .as_ref()
            .is_some_and(|fleet| fleet.unknown_count() > 0)
    }

    /// What a verdict that is known leaves open, as an addition to it.
    pub(super) fn open_in_words(&self) -> String {
        match (&self.fleet, self.verdict) {
            (Some(fleet), Verdict::Broken) if fleet.unknown_count() > 0 => {
                format!(
                    ", no verdict on {} of {} targets",
                    fleet.unknown_count(),
                    fleet.targets.len()
                )
            }
            _ => String::new(),
        }
    }

    /// How much code was held to the contract, in words.
    pub fn used_in_words(&self) -> Option<String> {
        let used = self.used?;
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let open = match used.open {
            0 => String::new(),
            open => format!(", {open} not judged"),
        };
        Some(format!(
            "{} in {}{open}",
            plural(used.uses, "use"),
            plural(used.files, "file")
        ))
    }

    /// The heading of what nobody should take for the same, or for proven.
    pub(super) fn open_title(&self) -> &'static str {
        match self.probes.is_empty() {
            true if self.is_of_one() => "Not looked at",
            true => "Not compared",
            false => "Not proven",
        }
    }

    /// Whether one source was looked at, and held to nothing.
    pub(super) fn is_of_one(&self) -> bool {
        self.expected.source.is_empty() != self.live.source.is_empty()
    }

    /// How many findings of a severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.counts() && finding.severity == severity)
            .count()
    }

    /// How many findings are ignored.
    pub fn ignored_count(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.ignored.is_some())
            .count()
    }

    /// Findings that are told and do not count: drift that a change has nothing to do with, worst first.
    pub fn told_only(&self) -> Vec<&Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.is_told_only()).collect()
    }

    /// Findings that count, by the heading they stand under; the worst group first.
    pub fn groups(&self) -> Vec<(&str, Vec<&Finding>)> {
        let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.counts()) {
            groups.entry(&finding.group).or_default().push(finding);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(name, findings)| {
            let worst = findings.iter().map(|finding| finding.severity).max();
            (std::cmp::Reverse(worst), (*name).to_owned())
        });
        groups
    }

    /// Counts in words, e.g. `2 critical, 1 warning`; `no findings` when nothing counts.
    pub fn summary(&self) -> String {
        summary_of(self.findings.iter().filter(|finding| finding.counts()))
    }
}

fn summary_of<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let parts = counts.iter().rev().map(|(severity, count)| {
        let plural = match severity {
            Severity::Critical => "",
            Severity::Error | Severity::Warning | Severity::Note if *count == 1 => "",
            Severity::Error | Severity::Warning | Severity::Note => "s",
        };
        format!("{count} {severity}{plural}")
    });
    let parts: Vec<String> = parts.collect();
    match parts.is_empty() {
        true => "no findings".to_owned(),
        false => parts.join(", "),
    }
}
