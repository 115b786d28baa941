//! Views. One that does not ask with its caller's rights passes every policy of what it reads.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::grant::opens_to_others;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Printed, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "view",
    noun: "view",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("definition", "The query.").printed(Printed::Query),
        Fact::new(
            "security_invoker",
            "Whether the rights and policies of who asks apply, not the owner's.",
        ),
        Fact::new(
            "security_barrier",
            "Whether conditions of the query run before those of who asks.",
        ),
        Fact::new(
            "check_option",
            "Whether rows written through it must show in it.",
        ),
        Fact::new("columns", "Name, type and own collation of each column."),
    ],
    not_compared: &[
        "Names of columns the query gives anyway.",
        "Temporary views.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "view-security-weakened",
        severity: Severity::Critical,
        meaning: "A view no longer applies the rights and policies of who asks, or no longer hides rows from their conditions.",
        help: "Run `alter view … set (security_invoker = true)`, or security_barrier, as the contract says.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    security_invoker: bool,
    security_barrier: bool,
    check_option: Option<String>,
    #[serde(default)]
    columns: Option<Vec<String>>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    match delta.change {
        Change::Unexpected => {
            let asks_as_owner = delta.live.is_some_and(|view| !view.is("security_invoker"));
            let critical = asks_as_owner && delta.inside.iter().any(opens_to_others);
            critical.then(|| Judgement::severity(Severity::Critical))
        }
        Change::Changed {
            fact: fact @ ("security_invoker" | "security_barrier"),
            live,
            ..
        } if live.as_bool() == Some(false) => Some(
            Judgement::code("view-security-weakened", Severity::Critical)
                .saying(format!("view {} lost {fact}", delta.id.path)),
        ),
        // The query says it already, or what it reads does.
        Change::Changed {
            fact: "columns", ..
        } => Some(Judgement::severity(Severity::Note)),
        Change::Missing | Change::Changed { .. } => None,
    }
}
