//! Memberships: which role has the rights of which other one. Who granted one says nothing about what it opens.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "role-membership",
    noun: "membership",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("admin", "Whether the member may pass it on."),
        Fact::new("inherit", "Whether it has the rights without `set role`.").since(16),
        Fact::new("set", "Whether it may become the role with `set role`.").since(16),
    ],
    not_compared: &[
        "Who granted a membership.",
        "Memberships of the server's own `pg_…` roles.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[CodeEntry {
        code: "membership-widened",
        severity: Severity::Critical,
        meaning: "A role has the rights of another one, or may pass them on, and the contract does not say so.",
        help: "Take it back with `revoke … from …`, or put the grant into a migration.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    admin: bool,
    #[serde(default)]
    inherit: Option<bool>,
    #[serde(default)]
    set: Option<bool>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let is_wider = match delta.change {
        Change::Unexpected => true,
        Change::Changed { live, .. } => live.as_bool() == Some(true),
        Change::Missing => false,
    };
    let (group, member) = delta.id.path.split_once(" to ").unwrap_or_default();
    is_wider.then(|| {
        let message = match delta.change {
            Change::Changed { fact: "admin", .. } => {
                format!("{member} may pass on the rights of {group}")
            }
            _ => format!("{member} has the rights of {group}"),
        };
        Judgement::code("membership-widened", Severity::Critical).saying(message)
    })
}
