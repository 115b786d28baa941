//! Settings that come with the database: `alter database … set`.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "database-setting",
    noun: "database setting",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new(
        "value",
        "What it is set to; what may be a secret is shown as a hash.",
    )],
    not_compared: &[
        "Settings of other databases, and `postgresql.conf`.",
        "The database's owner, its connection limit, and whether it is a template.",
    ],
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
