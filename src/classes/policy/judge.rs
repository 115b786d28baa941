//! Whether a policy got wider or narrower, as far as that can be proven.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Judgement, Severity};
use crate::contract::{Change, Delta, Object};

/// Missing: what guards reading, or restricts, is critical. Unexpected: a permissive one opens rows.
/// Changed: critical unless it can only have got narrower.
pub(super) fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        Change::Missing => delta.expected.map(|policy| severity_if(guards(policy))),
        Change::Unexpected => delta
            .live
            .map(|policy| severity_if(policy.is("permissive"))),
        Change::Changed {
            fact,
            expected,
            live,
        } => Some(changed(delta, fact, expected, live)),
    }
}

fn severity_if(critical: bool) -> Judgement {
    Judgement::severity(if critical {
        Severity::Critical
    } else {
        Severity::Error
    })
}

fn guards(policy: &Object) -> bool {
    !policy.is("permissive") || matches!(policy.text("command"), Some("select" | "all"))
}

fn changed(delta: &Delta<'_>, fact: &str, expected: &Value, live: &Value) -> Judgement {
    // A restrictive policy takes rows away: for more roles or commands it is narrower, not wider.
    let restrictive = delta
        .expected
        .is_some_and(|policy| !policy.is("permissive"));
    let direction = match fact {
        "permissive" if live.as_bool() == Some(true) => Direction::Wider,
        "permissive" => Direction::Narrower,
        "roles" => roles(expected, live).turned(restrictive),
        "command" => command(expected, live).turned(restrictive),
        "using" | "check" if is_open(live) => Direction::Wider,
        "using" | "check" if is_open(expected) => Direction::Narrower,
        _ => Direction::Unproven,
    };
    match direction {
        Direction::Wider => Judgement::code("policy-weakened", Severity::Critical).saying(format!(
            "policy {} lets more through: {fact}",
            delta.id.path
        )),
        Direction::Narrower => Judgement::severity(Severity::Error),
        Direction::Unproven => Judgement::severity(Severity::Critical),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Wider,
    Narrower,
    Unproven,
}

impl Direction {
    fn turned(self, turn: bool) -> Self {
        match (self, turn) {
            (Self::Wider, true) => Self::Narrower,
            (Self::Narrower, true) => Self::Wider,
            (kept, _) => kept,
        }
    }
}

fn is_open(expression: &Value) -> bool {
    match expression.as_str() {
        // NOTE: an update or all policy without a check falls back to its using expression, so that a
        // check that is gone can be narrower too; calling it wider errs on the loud side.
        None => true,
        Some(text) => matches!(text, "true" | "(true)"),
    }
}

fn roles(expected: &Value, live: &Value) -> Direction {
    let (expected, live) = (names(expected), names(live));
    let everybody = |set: &BTreeSet<&str>| set.contains("PUBLIC");
    if everybody(&live) && !everybody(&expected) || live.is_superset(&expected) {
        Direction::Wider
    } else if everybody(&expected) && !everybody(&live) || live.is_subset(&expected) {
        Direction::Narrower
    } else {
        Direction::Unproven
    }
}

fn names(value: &Value) -> BTreeSet<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn command(expected: &Value, live: &Value) -> Direction {
    match (expected.as_str(), live.as_str()) {
        (_, Some("all")) => Direction::Wider,
        (Some("all"), _) => Direction::Narrower,
        _ => Direction::Unproven,
    }
}
