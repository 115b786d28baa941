//! Text search configurations.

mod reconcile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "text-search-configuration",
    noun: "text search configuration",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("parser", "What takes a text apart."),
        Fact::new(
            "mappings",
            "The dictionaries that each kind of token is looked up in, in order.",
        ),
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
    parser: Name,
    mappings: Option<BTreeMap<String, Vec<Name>>>,
}
