//! Text search dictionaries.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "text-search-dictionary",
    noun: "text search dictionary",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("template", "The template that does the work."),
        Fact::new("options", "The options it is given."),
    ],
    not_compared: &["The files that a dictionary reads."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    template: Name,
    options: Option<String>,
}
