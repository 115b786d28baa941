//! Foreign servers.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::{Name, decode};
use super::foreign_options::ForeignOptions;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "foreign-server",
    noun: "foreign server",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("wrapper", "The foreign data wrapper that speaks to it."),
        Fact::new("type", "Its type, where set."),
        Fact::new("version", "Its version, where set."),
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
    wrapper: Name,
    r#type: Option<String>,
    version: Option<String>,
    options: Option<ForeignOptions>,
}
