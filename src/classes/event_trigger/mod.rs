//! Event triggers: functions that DDL calls, whoever runs it.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "event-trigger",
    noun: "event trigger",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("event", "When it fires."),
        Fact::new("tags", "For which commands, where not for all."),
        Fact::new("function", "What it calls."),
        Fact::new("enabled", "origin, disabled, replica or always."),
    ],
    not_compared: &["Event triggers of extensions."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "event-trigger-disabled",
        severity: Severity::Error,
        meaning: "An event trigger exists but is switched off in live.",
        help: "Run `alter event trigger … enable`, and look for what was made while it was off.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    event: String,
    tags: Option<Vec<String>>,
    function: Name,
    enabled: String,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return None;
    };
    let is_off = fact == "enabled" && live.as_str() == Some("disabled");
    is_off.then(|| {
        Judgement::code("event-trigger-disabled", Severity::Error)
            .saying(format!("event trigger {} is switched off", delta.id.path))
    })
}

/// The pattern that matches an event trigger of that name, for lists of what a platform brings.
pub fn pattern_of_event_trigger(name: &str) -> String {
    format!("{}:{}", CLASS.name, crate::sql::identifier(name))
}
