//! Rules of tables and views. What makes a view a view is the view's definition.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Printed, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "rule",
    noun: "rule",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("definition", "The whole rule as Postgres prints it.").printed(Printed::Rule),
        Fact::new("enabled", "origin, disabled, replica or always."),
    ],
    not_compared: &["The rule that makes a view a view."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    enabled: String,
}
