//! Probes counted by what was tried and by whom: a hundred tables are one line.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Report;
use crate::smoke::{Kind, Outcome, Probe, Way};

/// What came of all probes of a sort.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Outcome, usize>,
    slowest: Option<(Duration, String)>,
}

impl Tally {
    /// Whether one of them failed, else whether all stayed open.
    pub(super) fn outcome(&self) -> Outcome {
        let has = |outcome| self.counts.contains_key(&outcome);
        match (has(Outcome::Failed), has(Outcome::Passed)) {
            (true, _) => Outcome::Failed,
            (false, true) => Outcome::Passed,
            (false, false) => Outcome::Unproven,
        }
    }

    /// In words, e.g. `18 passed, 2 unproven`.
    pub(super) fn counted(&self) -> String {
        let counts = self.counts.iter();
        let words: Vec<String> = counts
            .map(|(outcome, count)| format!("{count} {}", outcome.as_str()))
            .collect();
        words.join(", ")
    }

    /// The slowest of them, where statements were run at all.
    pub(super) fn slowest(&self) -> String {
        let slowest = self.slowest.as_ref();
        slowest.map_or(String::new(), |(took, what)| {
            format!("slowest {}, {what}", ms(*took))
        })
    }

    fn add(&mut self, probe: &Probe) {
        *self.counts.entry(probe.outcome).or_default() += 1;
        let is_slower = self
            .slowest
            .as_ref()
            .is_none_or(|(took, _)| probe.took > *took);
        if probe.took > Duration::ZERO && is_slower {
            self.slowest = Some((probe.took, probe.what.path.to_string()));
        }
    }
}

/// Probes of what is in the database, by what was tried, the way it went, and by whom.
pub(super) fn tallies(report: &Report) -> BTreeMap<(Kind, Way, &str), Tally> {
    let mut tallies: BTreeMap<(Kind, Way, &str), Tally> = BTreeMap::new();
    let probes = report.probes.iter();
    for probe in probes.filter(|probe| !probe.kind.is_of_connection()) {
        let key = (probe.kind, probe.way, probe.who.as_str());
        tallies.entry(key).or_default().add(probe);
    }
    tallies
}

/// What was seen on the way to the database, one line each.
pub(super) fn connection(report: &Report) -> Vec<(&'static str, String)> {
    let probes = report.probes.iter();
    let probes = probes.filter(|probe| probe.kind.is_of_connection());
    probes
        .map(|probe| {
            let took = (probe.took > Duration::ZERO).then(|| ms(probe.took));
            let said = Some(probe.why.clone()).filter(|why| !why.is_empty());
            let words: Vec<String> = took.into_iter().chain(said).collect();
            (probe.kind.as_str(), words.join("  "))
        })
        .collect()
}

/// A sort of probe in words, e.g. `select as service_role`.
pub(super) fn title((kind, way, who): (Kind, Way, &str)) -> String {
    let way = match way {
        Way::Sql => "",
        Way::Rest => " over REST",
    };
    match who {
        "" => format!("{kind}{way}"),
        who => format!("{kind} as {who}{way}"),
    }
}

/// A time for people.
pub(super) fn ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1e3)
}
