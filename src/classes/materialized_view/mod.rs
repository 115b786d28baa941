//! Materialized views. They hold what their owner could read, and know no policies.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::grant::opens_to_others;
use super::{Aspect, Class, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "materialized-view",
    noun: "materialized view",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("definition", "The query.").printed(Printed::Query),
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
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    populated: bool,
    options: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        Change::Unexpected if delta.inside.iter().any(opens_to_others) => {
            Some(Judgement::severity(Severity::Critical))
        }
        Change::Changed {
            fact: "options", ..
        } => Some(Judgement::severity(Severity::Warning)),
        // A dump of the schema alone makes it without data.
        Change::Changed {
            fact: "populated",
            live,
            ..
        } if live.as_bool() == Some(true) => Some(Judgement::severity(Severity::Note)),
        Change::Missing | Change::Unexpected | Change::Changed { .. } => None,
    }
}
