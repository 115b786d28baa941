//! What a change opens: held against the base as drift would be, whatever is critical then is somebody's to look at.

use std::collections::BTreeMap;

use crate::classes::{self, Severity};
use crate::contract;
use crate::findings::{self, Finding};
use crate::source::Loaded;

const CODE: &str = "change-widens-access";

/// One finding for each thing that the change makes and that would be critical if somebody did it by hand.
pub(super) fn widened(
    base: &Loaded,
    head: &Loaded,
    severities: &BTreeMap<String, Severity>,
) -> Vec<Finding> {
    let (mut from, mut to) = (base.contract.clone(), head.contract.clone());
    let major = from.server.major.min(to.server.major);
    classes::reduce_to_major(&mut from, major);
    classes::reduce_to_major(&mut to, major);
    classes::align(&mut from, &to);
    classes::align(&mut to, &from);
    let deltas = contract::fold(contract::diff(&from, &to));
    let judged = findings::judge(&deltas, &from, &to, &[], &BTreeMap::new());
    let critical = judged
        .into_iter()
        .filter(|finding| finding.severity == Severity::Critical);
    critical
        .map(|finding| {
            let object = to.objects.get(&finding.id);
            let line = object.and_then(|object| object.location_of(finding.fact.as_deref()));
            let message = format!(
                "the change opens something: held against the base it is {}: {}",
                finding.code, finding.message
            );
            let location = line.cloned().unwrap_or_default();
            let mut widened = Finding::of_statement(CODE, location, message, None, severities);
            widened.location = line.cloned();
            widened.id = finding.id;
            widened.group = finding.group;
            widened.ancestors = finding.ancestors;
            widened.fact = finding.fact;
            widened.expected = finding.expected;
            widened.live = finding.live;
            widened
        })
        .collect()
}
