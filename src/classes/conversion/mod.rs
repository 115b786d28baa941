//! Conversions between encodings.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "conversion",
    noun: "conversion",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("from", "The encoding it reads."),
        Fact::new("to", "The encoding it writes."),
        Fact::new("function", "What converts."),
        Fact::new("default", "Whether it is the one that is used unasked."),
    ],
    not_compared: &[],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    from: String,
    to: String,
    function: Name,
    default: bool,
}
