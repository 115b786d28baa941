//! Row-level security policies.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

mod judge;

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Naming, Printed, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "policy",
    noun: "policy",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: true,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new(
            "permissive",
            "Permissive policies add rows, restrictive ones take them away.",
        ),
        Fact::new("command", "select, insert, update, delete or all."),
        Fact::new("roles", "Whom it is for."),
        Fact::new("using", "Which existing rows it shows.").printed(Printed::Expression),
        Fact::new("check", "Which new rows it lets in.").printed(Printed::Expression),
    ],
    not_compared: &["What policies let through in the end: this page compares what they say."],
    decode: decode::<Facts>,
    severities: Severities {
        missing: Severity::Error,
        unexpected: Severity::Error,
        changed: Severity::Critical,
    },
    codes: &[CodeEntry {
        code: "policy-weakened",
        severity: Severity::Critical,
        meaning: "A policy lets more through than the contract says: for more roles or commands, or under no condition at all.",
        help: "Put the policy back as the migration has it, at once; then find out who changed it and what was read meanwhile.",
    }],
    judge: judge::judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    permissive: bool,
    command: String,
    roles: Vec<String>,
    using: Option<String>,
    check: Option<String>,
}
