//! Aggregates: plain ones, ordered-set ones and hypothetical-set ones.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, Spelled, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "aggregate",
    noun: "aggregate",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("kind", "normal, ordered-set or hypothetical-set."),
        Fact::new(
            "arguments",
            "Names, types and modes, with `ORDER BY` where there are two lists; `*` for none.",
        ),
        Fact::new("returns", "What it returns."),
        Fact::new("state_function", "Takes each row into the state."),
        Fact::new("state_type", "The type of the state."),
        Fact::new(
            "state_size",
            "How many bytes the planner reckons a state takes.",
        ),
        Fact::new("final_function", "Makes the result of the state."),
        Fact::new(
            "final_extra",
            "Whether it is given arguments that say no more than their types.",
        ),
        Fact::new(
            "final_modify",
            "Whether it leaves the state as it was: read_only, shareable or read_write.",
        ),
        Fact::new(
            "combine_function",
            "Makes one state of two, for parallel plans.",
        ),
        Fact::new("serial_function", "Writes a state for another process."),
        Fact::new("deserial_function", "Reads it back."),
        Fact::new("initial", "The state to begin with."),
        Fact::new(
            "moving_state_function",
            "Takes a row into the state of a moving window.",
        ),
        Fact::new("moving_inverse_function", "Takes a row out of it."),
        Fact::new(
            "moving_state_type",
            "The type of the moving window's state.",
        ),
        Fact::new(
            "moving_state_size",
            "How many bytes the planner reckons that state takes.",
        ),
        Fact::new("moving_final_function", "Makes the result of that state."),
        Fact::new(
            "moving_final_extra",
            "Whether it is given arguments that say no more than their types.",
        ),
        Fact::new(
            "moving_final_modify",
            "Whether it leaves that state as it was.",
        ),
        Fact::new("moving_initial", "The moving window's state to begin with."),
        Fact::new(
            "sort_operator",
            "The order in which the first row is the result, as for min and max.",
        ),
        Fact::new("parallel", "safe, restricted or unsafe."),
    ],
    not_compared: &["Which function the server picks for parallel plans."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    kind: String,
    arguments: String,
    returns: String,
    state_function: Name,
    state_type: String,
    state_size: i32,
    final_function: Option<Name>,
    final_extra: bool,
    final_modify: String,
    combine_function: Option<Name>,
    serial_function: Option<Name>,
    deserial_function: Option<Name>,
    initial: Option<String>,
    moving_state_function: Option<Name>,
    moving_inverse_function: Option<Name>,
    moving_state_type: Option<String>,
    moving_state_size: i32,
    moving_final_function: Option<Name>,
    moving_final_extra: bool,
    moving_final_modify: Option<String>,
    moving_initial: Option<String>,
    sort_operator: Option<Spelled>,
    parallel: String,
}
