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

/// What nobody should take for proven.
pub fn gaps(probes: &[Probe]) -> BTreeSet<Gap> {
    let open = probes
        .iter()
        .filter(|probe| matches!(probe.outcome, Outcome::Unproven | Outcome::Skipped))
        .filter(|probe| !probe.kind.is_of_connection());
    open.map(|probe| Gap {
        what: match probe.who.as_str() {
            "" => format!("{} of {}", probe.kind, probe.what.path),
            who => format!("{} as {who} of {}", probe.kind, probe.what.path),
        },
        why: probe.why.clone(),
    })
    .collect()
}

/// Why there is no verdict, where nothing failed and what matters was not shown: probes that were made and all
/// stayed open are no pass.
pub fn unproven(probes: &[Probe]) -> Option<Error> {
    let of_content = || probes.iter().filter(|probe| !probe.kind.is_of_connection());
    let is_shown = |probe: &&Probe| matches!(probe.outcome, Outcome::Passed | Outcome::Failed);
    if !of_content().any(|probe| is_shown(&probe)) {
        return Some(
            Error::new(ErrorCode::NothingProven, "no probe shows anything: there was nothing to try")
                .with_help("Is this the right database? Schemas are those of the API: `public`, what pgrst.db_schemas lists, or `api_schemas` under [smoke] in pgpact.toml."),
        );
    }
    let open = |kind: Kind| {
        let mut of_kind = of_content().filter(|probe| probe.kind == kind).peekable();
        of_kind.peek().is_some() && !of_kind.any(|probe| is_shown(&probe))
    };
    open(Kind::NoRows).then(|| {
        Error::new(
            ErrorCode::NothingProven,
            "no table of users has a row, so nothing is known about who sees rows",
        )
        .with_help("Try it on a database with rows, or put a user with rows of its own into this one for that.")
    })
}
