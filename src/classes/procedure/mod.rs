//! Procedures.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta, Object};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "procedure",
    noun: "procedure",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("arguments", "Names, types, modes and defaults.").printed(Printed::Arguments),
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
        Fact::new(
            "transforms",
            "Types whose values it sees by way of a transform.",
        ),
        Fact::new("settings", "Settings during a call, search_path above all."),
    ],
    not_compared: &["What the body would do: its text is compared, but for carriage returns."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    arguments: String,
    language: String,
    body: String,
    library: Option<String>,
    #[serde(default)]
    sql_body: Option<String>,
    #[serde(default)]
    unnamed_arguments: Option<Vec<u32>>,
    security_definer: bool,
    transforms: Option<Vec<String>>,
    settings: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let definer =
        |side: Option<&Object>| side.is_some_and(|routine| routine.is("security_definer"));
    let critical = match delta.change {
        Change::Missing => false,
        Change::Unexpected => definer(delta.live),
        Change::Changed { .. } => definer(delta.expected) || definer(delta.live),
    };
    critical.then(|| Judgement::severity(Severity::Critical))
}
