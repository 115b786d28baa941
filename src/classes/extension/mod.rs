//! Extensions: that they are there and where. Their members are theirs, not the contract's.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use serde::{Deserialize, Serialize};

use super::fact::{Name, decode};
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta};

/// The class.
pub(super) static CLASS: Class = Class {
    name: "extension",
    noun: "extension",
    naming: Naming::Own,
    aspect: Aspect::Definition,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new("schema", "The schema its objects are in."),
        Fact::new(
            "version",
            "Its version, where that is not the one the server installs by default.",
        )
        .that_stays(
            "the version is the server's: update it by hand with `alter extension … update`",
        ),
    ],
    not_compared: &[
        "What belongs to an extension: its functions, types and tables are its own.",
        "The version that the server installs by default.",
    ],
    decode: decode::<Facts>,
    severities: Severities {
        changed: Severity::Warning,
        ..Severities::USUAL
    },
    codes: &[CodeEntry {
        code: "extension-version",
        severity: Severity::Note,
        meaning: "An extension is of another version than the contract says; without a word it is the one that the server installs by default.",
        help: "Update it with `alter extension … update`, in a migration if all databases shall follow.",
    }],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    schema: Name,
    version: Option<String>,
}

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    let Change::Changed {
        fact: "version",
        expected,
        live,
    } = delta.change
    else {
        return None;
    };
    let told = |value: &serde_json::Value| match value.as_str() {
        Some(version) => format!("version {version}"),
        None => "the server's default version".to_owned(),
    };
    let message = format!(
        "extension {} is at {}, the contract says {}",
        delta.id.path,
        told(live),
        told(expected)
    );
    Some(Judgement::code("extension-version", Severity::Note).saying(message))
}

/// The pattern that matches an extension of that name, for lists of what a platform brings.
pub fn pattern_of_extension(name: &str) -> String {
    format!("{}:{}", CLASS.name, crate::sql::identifier(name))
}
