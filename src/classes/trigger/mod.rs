//! Triggers that people made.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "trigger",
    noun: "trigger",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("timing", "before, after or instead of."),
        Fact::new("events", "What fires it."),
        Fact::new("columns", "Columns whose update fires it."),
        Fact::new("level", "row or statement."),
        Fact::new("condition", "When it fires.").printed(Printed::Condition),
        Fact::new("function", "What it calls."),
        Fact::new("function_arguments", "With which arguments."),
        Fact::new("constraint", "Whether it is a constraint trigger."),
        Fact::new(
            "from",
            "The other table that a constraint trigger is about.",
        ),
        Fact::new("deferrable", "Whether it can wait for the commit."),
        Fact::new("initially_deferred", "Whether it does by default."),
        Fact::new("old_table", "The name of the transition table of old rows."),
        Fact::new("new_table", "The name of the transition table of new rows."),
        Fact::new("enabled", "origin, disabled, replica or always.").set_by(Aspect::TriggerState),
        Fact::new(
            "enabled_on_partitions",
            "The same for partitions where it is not as on their parent.",
        )
        .set_by(Aspect::TriggerState),
    ],
    not_compared: &[
        "Triggers the server makes itself; whether foreign keys are enforced is a fact of the constraint.",
        "Copies on partitions, but for their being switched off.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "trigger-disabled",
        severity: Severity::Error,
        meaning: "A trigger exists but is switched off in live, on its table or on a partition.",
        help: "Run `alter table … enable trigger …`, and look for rows written while it was off.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    timing: String,
    events: Vec<String>,
    columns: Option<Vec<String>>,
    level: String,
    condition: Option<String>,
    function: Name,
    function_arguments: Option<Vec<String>>,
    constraint: bool,
    #[serde(default)]
    from: Option<Name>,
    deferrable: bool,
    initially_deferred: bool,
    old_table: Option<String>,
    new_table: Option<String>,
    enabled: String,
    enabled_on_partitions: Option<Vec<(Name, String)>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return None;
    };
    let place = match fact {
        "enabled" if live.as_str() == Some(DISABLED) => "",
        "enabled_on_partitions" if names_a_disabled_one(live) => " on a partition",
        _ => return None,
    };
    let message = format!("trigger {} is switched off{place}", delta.id.path);
    Some(Judgement::code("trigger-disabled", Severity::Error).saying(message))
}

const DISABLED: &str = "disabled";

fn names_a_disabled_one(states: &Value) -> bool {
    states
        .as_array()
        .is_some_and(|states| states.iter().any(|state| state[1] == DISABLED))
}
