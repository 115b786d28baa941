//! Secrets of Supabase's vault, by name: functions and wrappers look them up. What they are is never read.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::{Aspect, Class, Naming, Severities, Severity};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "vault-secret",
    noun: "vault secret",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: true,
    query: include_str!("query.sql"),
    facts: &[],
    not_compared: &["The secrets: only their names are read."],
    decode: decode::<Facts>,
    severities: Severities {
        // They are made by hand, so that none of them stands in a repository.
        unexpected: Severity::Note,
        ..Severities::USUAL
    },
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {}
