//! Materialized views.

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

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
    judge,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    populated: bool,
    options: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed {
        fact: "options", ..
    } = delta.change
    else {
        return None;
    };
    Some(Judgement::severity(Severity::Warning))
}
