//! Materialized views.

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "materialized-view",
    noun: "materialized view",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("definition", "The query."),
        Fact::new(
            "populated",
            "Whether it holds data; without, reading it fails.",
        ),
        Fact::new("options", "Storage parameters."),
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    populated: bool,
    options: Option<Vec<String>>,
}
