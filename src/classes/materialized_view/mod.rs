//! Materialized views. They hold what their owner could read, and know no policies.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
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
        Fact::new(
            "options",
            "Storage parameters, those of its toast table included.",
        ),
        Fact::new("access_method", "How rows are kept, where it is not heap."),
        Fact::new("tablespace", "Where, if not where the database is."),
        Fact::new("columns", "Name, type and own collation of each column."),
        Fact::new(
            "column_settings",
            "Storage, compression, statistics target and planner options of columns, where set.",
        ),
    ],
    not_compared: &["The rows, beyond whether there were any made."],
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
    #[serde(default)]
    access_method: Option<Name>,
    #[serde(default)]
    tablespace: Option<Name>,
    #[serde(default)]
    columns: Option<Vec<String>>,
    #[serde(default)]
    column_settings: Option<Vec<(String, String)>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        Change::Unexpected if delta.inside.iter().any(opens_to_others) => {
            Some(Judgement::severity(Severity::Critical))
        }
        Change::Changed {
            fact: "options" | "access_method" | "tablespace",
            ..
        } => Some(Judgement::severity(Severity::Warning)),
        // The query says the columns already; settings change how they are kept.
        Change::Changed {
            fact: "columns" | "column_settings",
            ..
        } => Some(Judgement::severity(Severity::Note)),
        // A dump of the schema alone makes it without data.
        Change::Changed {
            fact: "populated",
            live,
            ..
        } if live.as_bool() == Some(true) => Some(Judgement::severity(Severity::Note)),
        Change::Missing | Change::Unexpected | Change::Changed { .. } => None,
    }
}
