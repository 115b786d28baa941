//! Functions, window functions included. One that runs with its owner's rights passes every policy, so a change of it is critical.

pub(in crate::classes) mod advice;
mod overloads;
pub(super) mod reconcile;
mod unnamed;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta, Object};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "function",
    noun: "function",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("kind", "window, for window functions."),
        Fact::new("arguments", "Names, types, modes and defaults.").printed(Printed::Arguments),
        Fact::new("returns", "What it returns."),
        Fact::new("language", "The language."),
        Fact::new("body", "The source text, carriage returns left out."),
        Fact::new("library", "The library of a C function."),
        Fact::new("sql_body", "The parsed body, for SQL-standard bodies.").printed(Printed::Body),
        Fact::new(
            "unnamed_arguments",
            "The arguments that a parsed body uses, in order, where several have no name: Postgres prints them alike.",
        )
        .since(14),
        Fact::new(
            "security_definer",
            "Whether it runs with its owner's rights.",
        ),
        Fact::new("volatility", "immutable, stable or volatile."),
        Fact::new("strict", "Whether a null argument gives null."),
        Fact::new("leakproof", "Whether it may see rows that policies hide."),
        Fact::new("parallel", "safe, restricted or unsafe."),
        Fact::new("cost", "The planner's cost of one call."),
        Fact::new("rows", "The planner's guess of rows."),
        Fact::new("support", "The function that the planner asks about it."),
        Fact::new(
            "transforms",
            "Types whose values it sees by way of a transform.",
        ),
        Fact::new("settings", "Settings during a call, search_path above all."),
    ],
    not_compared: &[
        "What the body would do: its text is compared, but for carriage returns.",
        "Bodies in other languages are not parsed: another spelling is another body.",
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
    kind: Option<String>,
    arguments: String,
    returns: Option<String>,
    language: String,
    body: String,
    library: Option<String>,
    #[serde(default)]
    sql_body: Option<String>,
    #[serde(default)]
    unnamed_arguments: Option<Vec<u32>>,
    security_definer: bool,
    volatility: String,
    strict: bool,
    leakproof: bool,
    parallel: String,
    cost: f64,
    rows: f64,
    support: Option<Name>,
    transforms: Option<Vec<String>>,
    settings: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let definer =
        |side: Option<&Object>| side.is_some_and(|routine| routine.is("security_definer"));
    let critical = match delta.change {
        Change::Missing => false,
        Change::Unexpected => definer(delta.live),
        Change::Changed {
            fact: "cost" | "rows",
            ..
        } => return Some(Judgement::severity(Severity::Note)),
        // The planner runs it before policies have hidden rows.
        Change::Changed {
            fact: "leakproof",
            live,
            ..
        } if live.as_bool() == Some(true) => true,
        Change::Changed { .. } => definer(delta.expected) || definer(delta.live),
    };
    critical.then(|| Judgement::severity(Severity::Critical))
}
