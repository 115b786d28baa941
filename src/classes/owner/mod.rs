//! Owners. An owner passes its table's policies unless they are forced.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "owner",
    noun: "owner",
    naming: Naming::Facet,
    aspect: Aspect::Owner,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new("owner", "The role.")],
    not_compared: &["The owner of `public` where it is the server's or the database's owner's."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    owner: String,
}
