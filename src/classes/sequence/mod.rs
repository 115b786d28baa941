//! Sequences, those of serial and identity columns included.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "sequence",
    noun: "sequence",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("type", "The integer type."),
        Fact::new("start", "The first value."),
        Fact::new("increment", "The step."),
        Fact::new("min", "The least value."),
        Fact::new("max", "The greatest value."),
        Fact::new("cache", "How many values a session takes at once."),
        Fact::new("cycle", "Whether it starts over."),
        Fact::new("persistence", "permanent, or unlogged: reset by a crash.").since(15),
        Fact::new("owned_by", "The column it is dropped with."),
    ],
    not_compared: &["The value that comes next.", "Temporary sequences."],
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
    r#type: String,
    start: i64,
    increment: i64,
    min: i64,
    max: i64,
    cache: i64,
    cycle: bool,
    #[serde(default)]
    persistence: Option<String>,
    owned_by: Option<Name>,
}
