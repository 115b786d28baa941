//! Large objects: that they are there, and whose. What they hold is data.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "large-object",
    noun: "large object",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[],
    not_compared: &[
        "What a large object holds.",
        "Large objects above a thousand: then they are data, and counted.",
    ],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Warning,
        unexpected: Severity::Note,
        changed: Severity::Note,
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {}
