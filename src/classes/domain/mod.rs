//! Domains. Their checks are constraints.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Printed, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "domain",
    noun: "domain",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("type", "The type it restricts."),
        Fact::new("not_null", "Whether it refuses null."),
        Fact::new("default", "Its default expression.").printed(Printed::Expression),
        Fact::new("collation", "Its collation, where it is not the type's."),
    ],
    not_compared: &["Rows that were there before a check."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    r#type: String,
    not_null: bool,
    default: Option<String>,
    collation: Option<Name>,
}
