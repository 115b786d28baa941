//! Range types, each with its multirange type.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "range",
    noun: "range type",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("subtype", "The type of the bounds."),
        Fact::new("operator_class", "The order of the bounds."),
        Fact::new(
            "collation",
            "The collation of the bounds, where it is not the type's.",
        ),
        Fact::new("canonical", "The function that spells equal ranges alike."),
        Fact::new(
            "multirange",
            "The name of the multirange type, from Postgres 14.",
        )
        .since(14),
        Fact::new(
            "difference",
            "The function that tells how far apart two values are.",
        ),
    ],
    not_compared: &[
        "The multirange and the functions that come along with the type, but for the multirange's name.",
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
    subtype: String,
    operator_class: Name,
    collation: Option<Name>,
    canonical: Option<Name>,
    #[serde(default)]
    multirange: Option<Name>,
    difference: Option<Name>,
}
