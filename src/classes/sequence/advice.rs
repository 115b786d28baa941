//! Advice on sequences: whether they come to their end.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule};
use crate::classes::column::advice::NEARLY;
use crate::classes::{CodeEntry, Severity};

pub(in crate::classes) const RULES: &[Rule] = &[Rule {
    codes: &[CodeEntry {
        code: "lint-sequence-near-end",
        severity: Severity::Error,
        meaning: "A sequence has used up most of its values, or of those that its column can hold: after the last one every insert fails. A warning from three quarters on, an error from nine tenths.",
        help: "Give column and sequence the type bigint. On a large table changing the column rewrites it: add a new column and fill it in parts.",
    }],
    needs: Needs::Statistics,
    about: "how far sequences and the keys that draw from them have come",
    look,
}];

/// From which part of its range on a sequence is worth a warning.
const MUCH: f64 = 0.75;

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let seen = outlook.statistics().map(|statistics| &statistics.sequences);
    let seen = seen.into_iter().flatten();
    seen.filter(|seen| seen.used >= MUCH)
        .filter_map(|seen| {
            let sequence = outlook.our(&CLASS, &seen.sequence)?;
            if sequence.is("cycle") {
                return None;
            }
            let severity = match seen.used >= NEARLY {
                true => Severity::Error,
                false => Severity::Warning,
            };
            let message = format!(
                "sequence {} has come to {} of {}: {:.0} % are used up",
                sequence.id.path,
                seen.last,
                seen.limit,
                (seen.used * 100.0).floor()
            );
            Some(Advice::on(sequence, "lint-sequence-near-end", message).with_severity(severity))
        })
        .collect()
}
