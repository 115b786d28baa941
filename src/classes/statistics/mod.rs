//! Extended statistics: what the planner is told of columns together.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Printed, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "statistics",
    noun: "statistics object",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("table", "The table it is on."),
        Fact::new("kinds", "ndistinct, dependencies, mcv."),
        Fact::new("columns", "The columns it covers."),
        Fact::new("expressions", "The expressions it covers.")
            .since(14)
            .printed(Printed::Keys),
        Fact::new("target", "The statistics target, where set."),
    ],
    not_compared: &["The collected values."],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Warning,
        unexpected: Severity::Note,
        changed: Severity::Note,
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    table: Name,
    kinds: Option<Vec<String>>,
    columns: Option<Vec<String>>,
    #[serde(default)]
    expressions: Option<Vec<String>>,
    target: Option<i32>,
}
