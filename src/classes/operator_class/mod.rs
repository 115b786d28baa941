//! Operator classes: how an index method handles a type.

mod reconcile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::{Name, Spelled, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "operator-class",
    noun: "operator class",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("type", "The type it is for."),
        Fact::new("default", "Whether indexes on the type use it unasked."),
        Fact::new("family", "The family it belongs to."),
        Fact::new(
            "storage",
            "The type that is stored, where it is another one.",
        ),
        Fact::new(
            "operators",
            "The operator at each place: strategy and operand types.",
        ),
        Fact::new(
            "functions",
            "The function at each place: number and operand types.",
        ),
    ],
    not_compared: &["Members that hang on the family alone, which are the family's."],
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
    default: bool,
    family: Name,
    storage: Option<String>,
    operators: Option<BTreeMap<String, Spelled>>,
    functions: Option<BTreeMap<String, Spelled>>,
}
