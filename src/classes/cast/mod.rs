//! Casts between types.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Spelled, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "cast",
    noun: "cast",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new(
            "method",
            "function, binary for one that changes nothing, or inout by way of text.",
        ),
        Fact::new("function", "What converts."),
        Fact::new(
            "context",
            "explicit, assignment or implicit: where it is applied unasked.",
        ),
    ],
    not_compared: &["Casts that come with a range type."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    method: String,
    function: Option<Spelled>,
    context: String,
}
