//! Views.

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "view",
    noun: "view",
    naming: Naming::Bare,
    aspect: Aspect::Definition,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("definition", "The query."),
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
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    definition: String,
    security_invoker: bool,
    security_barrier: bool,
    check_option: Option<String>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed {
        fact: fact @ ("security_invoker" | "security_barrier"),
        live,
        ..
    } = delta.change
    else {
        return None;
    };
    (live.as_bool() == Some(false)).then(|| {
        Judgement::code("view-security-weakened", Severity::Critical)
            .saying(format!("view {} lost {fact}", delta.id.path))
    })
}
