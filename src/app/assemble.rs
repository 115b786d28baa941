//! Puts a report together.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Settings;
use crate::classes;
use crate::contract::{Contract, Gap};
use crate::error::Error;
use crate::findings::Finding;
use crate::report::{Drawing, Drawn, Proposed, Report, Side, Timing, Verdict};
use crate::source::{Loaded, Sources};

/// What no reading sees, and why.
const ALWAYS: &[(&str, &str)] = &[
    (
        "passwords; attributes and memberships of roles that the replay brings or makes up",
        "migrations do not say what they are",
    ),
    (
        "the owner of the database, its connection limit, and whether it is a template",
        "they are set where the database is made, not by its migrations",
    ),
    (
        "whether owners may pass on their own rights",
        "an owner can grant that to itself at any time",
    ),
];

/// The report of a comparison.
pub(super) fn compared(
    settings: &Settings,
    expected: &Loaded,
    live: &Loaded,
    findings: Vec<Finding>,
) -> Report {
    let drawn = Drawn {
        tables: Drawing::of(&expected.contract, &live.contract, &findings),
        matrix: None,
    };
    Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected: side(&settings.expected, &expected.contract),
        live: side(&settings.live, &live.contract),
        findings,
        threshold: settings.threshold,
        classes: classes_of(expected)
            .intersection(classes_of(live))
            .cloned()
            .collect(),
        not_compared: gaps(expected, live),
        probes: Vec::new(),
        used: None,
        proposed: None,
        fleet: None,
        drawn,
        timing: Timing {
            expected: expected.took,
            live: live.took,
            total: Duration::ZERO,
        },
    }
}

pub(super) fn side(sources: &Sources, contract: &Contract) -> Side {
    Side {
        source: sources.label(),
        server_version: contract.server.text.clone(),
        object_count: contract.objects.len(),
        hash: contract.hash(),
    }
}

fn classes_of(loaded: &Loaded) -> &BTreeSet<String> {
    &loaded.contract.coverage.classes
}

fn gaps(expected: &Loaded, live: &Loaded) -> BTreeSet<Gap> {
    let (left, right) = (&expected.contract, &live.contract);
    let all = |loaded: &Loaded| -> BTreeSet<Gap> {
        let read = &loaded.contract.coverage.not_compared;
        read.union(&loaded.outcome.gaps).cloned().collect()
    };
    let (only_left, only_right) = (&all(expected), &all(live));
    let one_sided = |gaps: &BTreeSet<Gap>, others: &BTreeSet<Gap>, side: &str| -> Vec<Gap> {
        let lone = gaps.difference(others);
        lone.map(|gap| Gap {
            what: format!("{} ({side})", gap.what),
            why: gap.why.clone(),
        })
        .collect()
    };
    let mut gaps: BTreeSet<Gap> = only_left.intersection(only_right).cloned().collect();
    gaps.extend(one_sided(only_left, only_right, "expected"));
    gaps.extend(one_sided(only_right, only_left, "live"));
    gaps.extend(ALWAYS.iter().map(|(what, why)| Gap {
        what: (*what).to_owned(),
        why: (*why).to_owned(),
    }));
    if [left, right].into_iter().any(classes::has_secrets) {
        gaps.insert(Gap {
            what: "values of options shown as [redacted]".to_owned(),
            why: "they may be secrets: only that there is one is compared".to_owned(),
        });
    }
    gaps.extend(classes::unknown_to(
        left.server.major.min(right.server.major),
        left.server.major.max(right.server.major),
    ));
    gaps
}

/// The report of a replay that was compared with nothing.
pub(super) fn replayed(settings: &Settings, expected: &Loaded, findings: Vec<Finding>) -> Report {
    let mut not_compared = expected.outcome.gaps.clone();
    not_compared.insert(Gap {
        what: "the live database".to_owned(),
        why: "no connection string was given: runs for forks and by Dependabot get no secrets"
            .to_owned(),
    });
    Report {
        verdict: Report::verdict_of(&findings, settings.threshold),
        failure: None,
        expected: side(&settings.expected, &expected.contract),
        live: Side {
            source: "not looked at".to_owned(),
            ..Side::default()
        },
        findings,
        threshold: settings.threshold,
        classes: BTreeSet::new(),
        not_compared,
        probes: Vec::new(),
        used: None,
        proposed: None,
        fleet: None,
        drawn: Drawn::default(),
        timing: Timing {
            expected: expected.took,
            ..Timing::default()
        },
    }
}

/// The report of a change that touches no migration: it makes nothing of the contract, so live is not asked.
pub(super) fn untouched(settings: &Settings) -> Report {
    let side = |sources: &Sources| Side {
        source: sources.label(),
        ..Side::default()
    };
    let why =
        "the change touches no migration; pushes to the default branch and the daily run look";
    Report {
        verdict: Report::verdict_of(&[], settings.threshold),
        failure: None,
        expected: side(settings.base.as_ref().unwrap_or(&settings.expected)),
        live: Side {
            source: "not looked at".to_owned(),
            ..Side::default()
        },
        findings: Vec::new(),
        threshold: settings.threshold,
        classes: BTreeSet::new(),
        not_compared: BTreeSet::from([Gap {
            what: "the live database".to_owned(),
            why: why.to_owned(),
        }]),
        probes: Vec::new(),
        used: None,
        proposed: Some(Proposed {
            head: side(&settings.expected),
            changes: Vec::new(),
            effects: Vec::new(),
            access: Vec::new(),
        }),
        fleet: None,
        drawn: Drawn::default(),
        timing: Timing::default(),
    }
}

/// The report of a run that could not look.
pub(super) fn unknown(settings: &Settings, error: &Error) -> Report {
    let side = |sources: &Sources| Side {
        source: sources.label(),
        ..Side::default()
    };
    let (expected, live) = (side(&settings.expected), side(&settings.live));
    Report::unknown(error, expected, live, settings.threshold)
}

/// The report of probes, before any is made.
pub(super) fn probed(settings: &Settings) -> Report {
    let side = |sources: &Sources| Side {
        source: sources.label(),
        ..Side::default()
    };
    Report {
        verdict: Verdict::Unknown,
        failure: None,
        expected: side(&settings.expected),
        live: side(&settings.live),
        findings: Vec::new(),
        threshold: settings.threshold,
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
