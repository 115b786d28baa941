//! Text search parsers.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "text-search-parser",
    noun: "text search parser",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("start", "Begins with a text."),
        Fact::new("get_token", "Gives the next token."),
        Fact::new("end", "Ends with a text."),
        Fact::new("headline", "Makes excerpts."),
        Fact::new("token_types", "Lists the kinds of tokens."),
    ],
    not_compared: &["The functions' code."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    start: Name,
    get_token: Name,
    end: Name,
    headline: Option<Name>,
    token_types: Name,
}
