//! What probes come to: findings, what stays open, and whether anything was proven at all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::probe::{Kind, Outcome, Probe};
use crate::classes::Severity;
use crate::contract::Gap;
use crate::error::{Error, ErrorCode};
use crate::findings::Finding;

/// The findings that failed and slow probes make.
pub fn findings(
    probes: &[Probe],
    slow: Duration,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    let failed = probes.iter().filter_map(|probe| {
        let code = probe.code?;
        let message = match probe.kind.is_of_row() {
            true => format!("{}: {}: {}", probe.what.path, probe.kind, probe.why),
            false => format!("{}: {}", probe.what.path, probe.why),
        };
        Some((code, probe, message))
    });
    let late = probes
        .iter()
        .filter(|probe| probe.took > slow)
        .map(|probe| {
            let message = format!(
                "{}: {} as {} took {} ms, more than {}",
                probe.what.path,
                probe.kind,
                probe.who,
                probe.took.as_millis(),
                slow.as_millis()
            );
            ("smoke-slow", probe, message)
        });
    failed
        .chain(late)
        .map(|(code, probe, message)| {
            let mut finding = Finding::of_probe(code, probe.what.clone(), message, severities);
            finding.location.clone_from(&probe.location);
            finding
        })
        .collect()
}

/// What nobody should take for proven. Steps of one row that stay open for the same reason are told once.
pub fn gaps(probes: &[Probe]) -> BTreeSet<Gap> {
    let is_told = |probe: &Probe| {
        probe.kind.is_of_row()
            && probe.kind != Kind::Insert
            && probes.iter().any(|first| {
                first.kind == Kind::Insert
                    && (&first.what, first.way, &first.who, &first.why)
                        == (&probe.what, probe.way, &probe.who, &probe.why)
            })
    };
    let open = probes
        .iter()
        .filter(|probe| matches!(probe.outcome, Outcome::Unproven | Outcome::Skipped))
        .filter(|probe| !probe.kind.is_of_connection() && !is_told(probe));
    open.map(|probe| Gap {
        what: match (probe.kind, probe.who.as_str()) {
            (kind, "") => format!("{kind} of {}", probe.what.path),
            (Kind::Insert, who) => format!("writing as {who} to {}", probe.what.path),
            (kind, who) => format!("{kind} as {who} of {}", probe.what.path),
        },
        why: probe.why.clone(),
    })
    .collect()
}

/// Why there is no verdict, where nothing failed and what matters was not shown: probes that were made and all
/// stayed open are no pass.
pub fn unproven(probes: &[Probe]) -> Option<Error> {
    let is_shown = |probe: &&Probe| matches!(probe.outcome, Outcome::Passed | Outcome::Failed);
    let mut of_content = probes.iter().filter(|probe| !probe.kind.is_of_connection());
    if !of_content.any(|probe| is_shown(&probe)) {
        return Some(
            Error::new(ErrorCode::NothingProven, "no probe shows anything: there was nothing to try")
                .with_help("Is this the right database? Schemas are those of the API: `public`, what pgrst.db_schemas lists, or `api_schemas` under [smoke] in pgpact.toml."),
        );
    }
    OPEN.iter().find_map(|(kind, message, help)| {
        let of_kind = || probes.iter().filter(|probe| probe.kind == *kind);
        let is_open = of_kind().any(|probe| probe.outcome == Outcome::Unproven);
        let is_open = is_open && !of_kind().any(|probe| is_shown(&probe));
        is_open.then(|| Error::new(ErrorCode::NothingProven, *message).with_help(*help))
    })
}

/// What is asked for and has to be shown at least once, and what to say where it is not.
const OPEN: [(Kind, &str, &str); 3] = [
    (
        Kind::NoRows,
        "of no table of users it could be shown that a visitor sees no rows",
        "Try it on a database with rows, or put a user with rows of its own into this one for that. The reasons stand under what is not proven.",
    ),
    (
        Kind::Call,
        "no function that is marked as safe to call could be tried",
        "The reasons stand under what is not proven. A function that writes is not called.",
    ),
    (
        Kind::Insert,
        "in no table that was named a row could be tried",
        "The reasons stand under what is not proven. Values that cannot be found by looking are said in `row` under [[smoke.table]] in pgpact.toml.",
    ),
];
