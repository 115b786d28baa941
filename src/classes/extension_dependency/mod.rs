//! What `alter … depends on extension` says: an object that goes with an extension it is no member of.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "extension-dependency",
    noun: "dependency on an extension",
    naming: Naming::Facet,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[],
    not_compared: &[
        "Dependencies of the parts that partitions have of an index or a trigger: they are counted.",
    ],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Warning,
        unexpected: Severity::Warning,
        changed: Severity::Warning,
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {}
