//! Operators.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, Spelled, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "operator",
    noun: "operator",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("function", "What computes it."),
        Fact::new("returns", "What it returns."),
        Fact::new(
            "commutator",
            "The operator that gives the same with the sides exchanged.",
        ),
        Fact::new("negator", "The operator that gives the opposite."),
        Fact::new("restrict", "Estimates how many rows a condition keeps."),
        Fact::new("join", "Estimates that for a join."),
        Fact::new("hashes", "Whether it can join by hashing."),
        Fact::new("merges", "Whether it can join by merging."),
    ],
    not_compared: &["Operators that are only named as somebody's commutator or negator so far."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    function: Name,
    returns: String,
    commutator: Option<Spelled>,
    negator: Option<Spelled>,
    restrict: Option<Name>,
    join: Option<Name>,
    hashes: bool,
    merges: bool,
}
