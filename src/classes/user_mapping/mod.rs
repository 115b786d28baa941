//! User mappings: who is whom on a foreign server. Users and passwords are never shown.

use serde::{Deserialize, Serialize};

pub(super) mod reconcile;

use super::fact::decode;
use super::foreign_options::ForeignOptions;
use super::{Aspect, Class, Fact, Naming, Severities};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "user-mapping",
    noun: "user mapping",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[Fact::new(
        "options",
        "Which options it has; values that are users or secrets are left out. Not compared where the login may not read them.",
    )],
    not_compared: &[
        "Values of options that are users or secrets.",
        "Options of mappings that the login may not see; the report names them.",
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
    options: Option<ForeignOptions>,
}
