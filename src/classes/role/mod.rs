//! Roles: what they may do on the whole server. Never their passwords.

mod names;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

pub use names::{named, role_of};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "role",
    noun: "role",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("superuser", "Whether nothing is denied to it."),
        Fact::new("bypassrls", "Whether row security does not hold for it."),
        Fact::new(
            "createrole",
            "Whether it may make, change and drop other roles.",
        ),
        Fact::new("createdb", "Whether it may make databases."),
        Fact::new("replication", "Whether it may read all changes."),
        Fact::new("login", "Whether it may connect."),
        Fact::new(
            "inherit",
            "Whether it has the rights of its groups without `set role`.",
        ),
        Fact::new(
            "connection_limit",
            "How often it may connect, -1 for no limit.",
        ),
        Fact::new("valid_until", "When its password expires."),
    ],
    not_compared: &[
        "Passwords: nobody may read them.",
        "Roles that neither the migrations make nor policies, grants, owners or the API name: a server has many databases.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "role-privileged",
        severity: Severity::Critical,
        meaning: "A role became a superuser, or passes row security, and the contract does not say so. On `anon` or `authenticated` that opens every table to everybody.",
        help: "Take the attribute back with `alter role … nosuperuser nobypassrls`, and look at what was read and written meanwhile.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    superuser: bool,
    bypassrls: bool,
    createrole: bool,
    createdb: bool,
    replication: bool,
    login: bool,
    inherit: bool,
    connection_limit: i32,
    valid_until: Option<String>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed { fact, live, .. } = delta.change else {
        return None;
    };
    let path = &delta.id.path;
    let gains = match fact {
        "superuser" => "is a superuser: nothing is denied to it",
        "bypassrls" => "passes row security: every row is open to it",
        _ => return None,
    };
    (live.as_bool() == Some(true)).then(|| {
        Judgement::code("role-privileged", Severity::Critical)
            .saying(format!("role {path} {gains}"))
    })
}
