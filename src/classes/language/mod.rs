//! Languages of functions. One that is trusted by mistake gives everybody the rights of the server.

mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "language",
    noun: "language",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("trusted", "Whether anybody may write functions in it."),
        Fact::new("handler", "Runs functions."),
        Fact::new("inline", "Runs `do` blocks."),
        Fact::new("validator", "Checks new functions."),
    ],
    not_compared: &["Languages every database has; grants on them are compared."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    trusted: bool,
    handler: Name,
    inline: Option<Name>,
    validator: Option<Name>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let is_opened = match delta.change {
        Change::Missing => false,
        Change::Unexpected => delta.live.is_some_and(|language| language.is("trusted")),
        Change::Changed { fact, live, .. } => fact == "trusted" && live.as_bool() == Some(true),
    };
    is_opened.then(|| Judgement::severity(Severity::Critical))
}
