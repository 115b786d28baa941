//! Grants, one object a target and grantee: on relations, columns, functions, types, schemas, languages, large objects,
//! and on parameters and tablespaces of the server and the database itself.

pub(in crate::classes) mod advice;
pub(super) mod reconcile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) mod privileges;
mod system;

use super::fact::decode;
use super::rules::THIS_DATABASE;
use super::{Aspect, Class, CodeEntry, Fact, Judgement, Naming, Severities, Severity};
use crate::contract::{Change, Delta, Object, ObjectId};

/// The major version that brought grants on parameters, and how their names begin.
pub(super) const PARAMETERS_SINCE: u32 = 15;
pub(super) const PARAMETER: &str = "parameter ";

/// The class.
pub(super) static CLASS: Class = Class {
    name: "grant",
    noun: "grant",
    naming: Naming::Facet,
    aspect: Aspect::Grant,
    is_always_ours: false,
    query: include_str!("query.sql"),
    facts: &[
        Fact::new(
            "privileges",
            "What is granted, and whether it may be passed on.",
        ),
        Fact::new(
            "grantors",
            "Who granted what, where it was not the owner alone: only they can take it back.",
        ),
    ],
    not_compared: &[
        "What an owner has by default, and whether it may pass that on.",
        "What extensions granted on their own objects: only what differs from it is.",
        "Grants on views of `information_schema`: they show everybody no more than their own.",
    ],
    decode: decode::<Facts>,
    severities: Severities::USUAL,
    codes: &[
        CodeEntry {
            code: "grant-widened",
            severity: Severity::Critical,
            meaning: "A role may do more than the contract grants it.",
            help: "Revoke what the contract does not grant, or put the grant into a migration.",
        },
        CodeEntry {
            code: "grant-narrowed",
            severity: Severity::Error,
            meaning: "A role may do less than the contract grants it.",
            help: "Grant what is missing again, or put the revoke into a migration.",
        },
    ],
    judge,
    rules: reconcile::RULES,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    privileges: Vec<String>,
    grantors: Option<BTreeMap<String, Vec<String>>>,
}

/// How the query names what an owner may do itself; a role of that name would be quoted.
const OWNER: &str = " to (owner)";

fn judge(delta: &Delta<'_>) -> Option<Judgement> {
    // Whoever granted it, it may be used all the same.
    if let Change::Changed {
        fact: "grantors", ..
    } = delta.change
    {
        return Some(Judgement::severity(Severity::Note));
    }
    let change = privileges::compare(delta);
    if system::is_on_system(&delta.id.path, delta.expected.or(delta.live)) {
        return Some(system::judge(delta));
    }
    if delta.id.path.starts_with(THIS_DATABASE) && !opens_schemas(delta) {
        return Some(Judgement::severity(Severity::Warning));
    }
    if delta.id.path.starts_with("tablespace ") {
        return Some(Judgement::severity(Severity::Warning));
    }
    // What an owner lost of its own rights is listed the other way round: the row appears with the loss.
    if let Some(target) = delta.id.path.strip_suffix(OWNER) {
        return Some(
            Judgement::severity(Severity::Warning)
                .saying(format!("the owner's own rights on {target} differ")),
        );
    }
    // So is what everybody lost on a language of the server.
    let change = match delta.change {
        Change::Missing if is_empty(delta.expected) => privileges::Outcome::Wider,
        Change::Unexpected if is_empty(delta.live) => privileges::Outcome::Narrower,
        _ => change,
    };
    Some(match change {
        privileges::Outcome::Gone => Judgement::severity(Severity::Error),
        privileges::Outcome::Wider => Judgement::code("grant-widened", Severity::Critical)
            .saying(format!("more is granted on {}", delta.id.path)),
        privileges::Outcome::Narrower => Judgement::code("grant-narrowed", Severity::Error)
            .saying(format!("less is granted on {}", delta.id.path)),
    })
}

/// Whoever may connect to a database can reach nothing by that; whoever may make schemas in it can be in the way.
fn opens_schemas(delta: &Delta<'_>) -> bool {
    let may_create = |side: Option<&Object>| {
        side.is_some_and(|object| {
            let mut privileges = super::rules::texts(object, "privileges").into_iter();
            privileges.any(|privilege| privilege.starts_with("CREATE"))
        })
    };
    may_create(delta.live) && !may_create(delta.expected)
}

fn is_empty(side: Option<&Object>) -> bool {
    side.and_then(|object| object.facts.get("privileges"))
        .and_then(serde_json::Value::as_array)
        .is_some_and(Vec::is_empty)
}

/// Whether it is a grant on a parameter of the server.
pub(super) fn is_on_parameter(id: &ObjectId) -> bool {
    id.class.as_str() == CLASS.name && id.path.starts_with("parameter ")
}

/// Whether an object is a grant to somebody other than the owner.
pub(super) fn opens_to_others(object: &&Object) -> bool {
    object.id.class.as_str() == CLASS.name && !object.id.path.ends_with(OWNER)
}

/// Who is granted something on the server's own objects, quoted; `None` for a grant on anything else.
pub fn grantee_on_system(object: &Object) -> Option<&str> {
    let is_one = object.id.class.as_str() == CLASS.name
        && system::is_on_system(&object.id.path, Some(object));
    is_one.then(|| system::split(&object.id.path).1)
}

/// The pattern that matches one grant, for lists of what a platform brings.
pub fn pattern_of_grant(path: &str) -> String {
    format!("{}:{path}", CLASS.name)
}

/// Who is granted something, as the path of a grant spells it: a quoted role, `PUBLIC` or `(owner)`.
pub(super) fn grantee(path: &str) -> &str {
    super::rules::split_outside_quotes(path, " to ").map_or("", |(_, grantee)| grantee)
}
