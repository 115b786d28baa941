//! Default privileges: what is granted on objects that a role makes later.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::grant::privileges::{self, Outcome};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta, Object};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "default-privilege",
    noun: "default privilege",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new(
        "privileges",
        "What is granted on objects made later, and whether it may be passed on.",
    )],
    not_compared: &["Defaults of roles that are gone."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[
        CodeEntry {
            code: "default-privilege-widened",
            severity: Severity::Critical,
            meaning: "Objects made from now on will be open to more than the contract says.",
            help: "Take it back with `alter default privileges … revoke`, and check objects made since.",
        },
        CodeEntry {
            code: "default-privilege-narrowed",
            severity: Severity::Error,
            meaning: "Objects made from now on will be open to less than the contract says.",
            help: "Grant it again with `alter default privileges`, or put the change into a migration.",
        },
    ],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    privileges: Vec<String>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    // What a role gave up of its own rights is listed the other way round: the row appears with the loss.
    if delta.id.path.ends_with(" to (owner)") {
        return Some(Judgement::severity(Severity::Warning));
    }
    // A row without privileges says that a built-in default was taken away.
    let takes_away = |side: Option<&Object>| {
        side.and_then(|object| object.facts.get("privileges"))
            .and_then(serde_json::Value::as_array)
            .is_some_and(Vec::is_empty)
    };
    let outcome = match delta.change {
        Change::Missing if takes_away(delta.expected) => Outcome::Wider,
        Change::Unexpected if takes_away(delta.live) => Outcome::Narrower,
        Change::Missing | Change::Unexpected | Change::Changed { .. } => privileges::compare(delta),
    };
    Some(match outcome {
        Outcome::Gone => Judgement::severity(Severity::Error),
        Outcome::Wider => Judgement::code("default-privilege-widened", Severity::Critical).saying(
            format!("objects made later are open to more: {}", delta.id.path),
        ),
        Outcome::Narrower => Judgement::code("default-privilege-narrowed", Severity::Error).saying(
            format!("objects made later are open to less: {}", delta.id.path),
        ),
    })
}

/// The pattern that matches all default privileges of a role, for lists of what a platform brings.
pub fn pattern_of_role(role: &str) -> String {
    format!("{}:{} *", CLASS.name, crate::sql::identifier(role))
}
