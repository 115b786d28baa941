//! Extensions: that they are there and where. Their members are theirs, not the contract's.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "extension",
    noun: "extension",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new("schema", "The schema its objects are in.")],
    decode: decode::<Facts>,
    severities: Severities {
        changed: Severity::Warning,
        ..Severities::USUAL
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    schema: Name,
}

/// The pattern that matches an extension of that name, for lists of what a platform brings.
pub fn pattern_of_extension(name: &str) -> String {
    format!("{}:{}", CLASS.name, crate::sql::identifier(name))
}
