//! Settings that come with a role, or with all of them: `alter role … [in database …] set`, `alter role all set`.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "role-setting",
    noun: "role setting",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new(
        "value",
        "What it is set to; what may be a secret is shown as a hash.",
    )],
    not_compared: &["Settings for other databases."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    value: String,
}
