//! Settings that come with the database: `alter database … set`.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::function::reconcile::assignment;
use super::{Aspect, Class, Fact, Naming, Severities};
use crate::contract::{ClassName, Contract, ObjectId};

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

/// The `search_path` that the database gives everybody who connects, as `set` says it.
pub(crate) fn search_path(contract: &Contract) -> Option<String> {
    let id = ObjectId::new(ClassName::new(CLASS.name), "search_path");
    let value = contract.objects.get(&id)?.text("value")?;
    Some(assignment(&format!("search_path={value}")))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    value: String,
}
