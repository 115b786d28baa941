//! Column defaults.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Printed, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "default",
    noun: "default",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new("expression", "The expression.").printed(Printed::Expression)],
    not_compared: &["The next value of a sequence that a default draws from."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    expression: String,
}
