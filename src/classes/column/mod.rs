//! Columns of tables. Their defaults are objects of their own.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::foreign_options::ForeignOptions;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "column",
    noun: "column",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("type", "The type with its modifier."),
        Fact::new("not_null", "Whether it refuses null."),
        Fact::new(
            "not_null_name",
            "The name under which null is refused, where it is not the usual one.",
        )
        .since(18),
        Fact::new(
            "not_null_validated",
            "False where older rows may hold null all the same.",
        )
        .since(18),
        Fact::new("not_null_no_inherit", "Whether children may hold null.").since(18),
        Fact::new("identity", "always or by default, for identity columns."),
        Fact::new(
            "generated",
            "The expression of a generated column, and whether it is stored.",
        )
        .printed(Printed::Generation),
        Fact::new("collation", "Its collation, where it is not the type's."),
        Fact::new("compression", "How long values are compressed, where set."),
        Fact::new(
            "storage",
            "How long values are stored, where it is not as the type says.",
        ),
        Fact::new("statistics", "The statistics target, where set."),
        Fact::new("options", "What the planner is told, such as n_distinct."),
        Fact::new(
            "foreign_options",
            "What a foreign table tells its server about it; secrets are left out.",
        ),
        Fact::new(
            "local",
            "Of a table that inherits: whether it has the column of its own as well.",
        )
        .that_stays(reconcile::STAYS_LOCAL),
    ],
    not_compared: &["Columns that were dropped.", "The collected statistics."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "column-type-changed",
        severity: Severity::Error,
        meaning: "A column has another type than the contract says.",
        help: "Decide which type is right. Going back may rewrite the table and fail on values that no longer fit.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    r#type: String,
    not_null: bool,
    #[serde(default)]
    not_null_name: Option<String>,
    #[serde(default)]
    not_null_validated: Option<bool>,
    #[serde(default)]
    not_null_no_inherit: Option<bool>,
    identity: Option<String>,
    generated: Option<String>,
    collation: Option<Name>,
    #[serde(default)]
    compression: Option<String>,
    storage: Option<String>,
    statistics: Option<i32>,
    options: Option<Vec<String>>,
    #[serde(default)]
    foreign_options: Option<ForeignOptions>,
    #[serde(default)]
    local: Option<bool>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        Change::Changed { fact: "type", .. } => {
            Some(Judgement::code("column-type-changed", Severity::Error))
        }
        // These change how it is kept, not what it holds.
        Change::Changed {
            fact: "not_null_name" | "compression" | "storage" | "statistics" | "options" | "local",
            ..
        } => Some(Judgement::severity(Severity::Note)),
        Change::Changed { .. } | Change::Missing | Change::Unexpected => None,
    }
}
