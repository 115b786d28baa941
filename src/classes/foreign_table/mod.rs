//! Foreign tables. Their rows are elsewhere, and no policy guards them here.

use serde::{Deserialize, Serialize};

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::foreign_options::ForeignOptions;
use super::grant::opens_to_others;
use super::table::reconcile::ORDER_STAYS;
use super::{Aspect, Class, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "foreign-table",
    noun: "foreign table",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("server", "The server that has its rows."),
        Fact::new(
            "options",
            "What the server is told about it; secrets are left out.",
        ),
        Fact::new("partition_bound", "Which rows it holds as a partition."),
        Fact::new(
            "inherits",
            "Tables it inherits from, or is a partition of, in order.",
        ),
        Fact::new(
            "column_order",
            "The order of the columns that both sides have.",
        )
        .that_stays(ORDER_STAYS),
    ],
    not_compared: &["Whether the other server has such a table."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    server: Name,
    options: Option<ForeignOptions>,
    partition_bound: Option<String>,
    inherits: Option<Vec<Name>>,
    column_order: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        // It has no row security to turn on.
        Change::Unexpected if delta.inside.iter().any(opens_to_others) => {
            Some(Judgement::severity(Severity::Critical))
        }
        Change::Changed {
            fact: "column_order",
            ..
        } => Some(super::table::reordered(delta)),
        Change::Missing | Change::Unexpected | Change::Changed { .. } => None,
    }
}
