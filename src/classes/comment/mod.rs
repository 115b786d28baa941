//! Comments.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "comment",
    noun: "comment",
    naming: Naming::Facet,
    aspect: Aspect::Comment,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new("text", "What it says.")],
    not_compared: &[
        "Comments of extensions' objects.",
        "The comments that the server gives itself.",
    ],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Note,
        unexpected: Severity::Note,
        changed: Severity::Note,
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    text: String,
}
