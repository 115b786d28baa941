//! Foreign data wrappers that are no extension's.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::foreign_options::ForeignOptions;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "foreign-data-wrapper",
    noun: "foreign data wrapper",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("handler", "The function that reads and writes."),
        Fact::new("validator", "The function that checks options."),
        Fact::new("options", "Its options; secrets are left out."),
    ],
    not_compared: &["Values of options that may be secrets."],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[],
    judge: super::no_judgement,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    handler: Option<Name>,
    validator: Option<Name>,
    options: Option<ForeignOptions>,
}
