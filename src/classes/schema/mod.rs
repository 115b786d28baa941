//! Schemas.

pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::decode;
use super::{Aspect, Class, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "schema",
    noun: "schema",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[],
    not_compared: &[
        "Schemas of the server, of temporary objects and of extensions.",
        "What is inside of the platform's schemas, but for what people put there; see the README.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {}

/// A routine that runs with its owner's rights is as bad inside of an unknown schema as outside.
fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let holds_a_definer = delta
        .inside
        .iter()
        .any(|object| object.is("security_definer"));
    (delta.change == Change::Unexpected && holds_a_definer)
        .then(|| Judgement::severity(Severity::Critical))
}
