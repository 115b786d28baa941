//! Tables of publications. On Supabase those of `supabase_realtime` are what clients can subscribe to.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Printed, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "publication-table",
    noun: "published table",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("columns", "The columns that are published, where not all.").since(15),
        Fact::new("row_filter", "Which rows are published, where not all.")
            .since(15)
            .printed(Printed::ExpressionOver("table")),
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
    /// It is in the name already; here the filter finds its columns.
    table: Name,
    #[serde(default)]
    columns: Option<Vec<String>>,
    #[serde(default)]
    row_filter: Option<String>,
}
