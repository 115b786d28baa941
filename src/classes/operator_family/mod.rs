//! Operator families, with the members that belong to none of their classes.

pub(super) mod reconcile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::{Spelled, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "operator-family",
    noun: "operator family",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new(
            "operators",
            "The operator at each place: strategy and operand types.",
        ),
        Fact::new(
            "functions",
            "The function at each place: number and operand types.",
        ),
    ],
    not_compared: &["Which operator class brought a member that would do without it."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    operators: Option<BTreeMap<String, Spelled>>,
    functions: Option<BTreeMap<String, Spelled>>,
}
