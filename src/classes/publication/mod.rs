//! Publications. What they publish is objects of its own.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "publication",
    noun: "publication",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("all_tables", "Whether it publishes every table."),
        Fact::new(
            "operations",
            "Which of insert, update, delete and truncate it publishes.",
        ),
        Fact::new(
            "options",
            "Whether changes of partitions count as their root's, and whether generated columns are published.",
        ),
    ],
    not_compared: &["Who subscribes."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    all_tables: bool,
    operations: Vec<String>,
    options: Vec<String>,
}

/// Rows of every table leave the database.
fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let publishes_all = match delta.change {
        Change::Unexpected => delta.live.is_some_and(|live| live.is("all_tables")),
        Change::Changed { fact, live, .. } => fact == "all_tables" && live.as_bool() == Some(true),
        Change::Missing => false,
    };
    publishes_all.then(|| {
        Judgement::severity(Severity::Error).saying(format!(
            "publication {} publishes every table, the contract does not have it do so",
            delta.id.path
        ))
    })
}

/// The pattern that matches a publication of that name, for lists of what a platform brings.
pub fn pattern_of_publication(name: &str) -> String {
    format!("{}:{}", CLASS.name, crate::sql::identifier(name))
}
