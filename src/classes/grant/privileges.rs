//! Whether a list of privileges got wider or narrower.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{Change, Delta, Facts, Object};

/// Privileges that a server of a major version does not know, with the version that brought them
/// (Postgres 17 release notes).
pub(in crate::classes) const NEWER: &[(&str, u32)] = &[("MAINTAIN", 17)];

/// Takes out what a server of `major` could not have said; false when nothing is left of a list that had something.
pub(in crate::classes) fn reduce(facts: &mut Facts, major: u32) -> bool {
    let Some(Value::Array(listed)) = facts.get("privileges") else {
        return true;
    };
    let is_known = |privilege: &&Value| {
        let word = privilege.as_str().and_then(|text| text.split(' ').next());
        !NEWER
            .iter()
            .any(|(newer, since)| Some(*newer) == word && major < *since)
    };
    let known: Vec<Value> = listed.iter().filter(is_known).cloned().collect();
    let is_something = listed.is_empty() || !known.is_empty();
    if known.len() < listed.len() {
        facts.insert("privileges".to_owned(), known.into());
    }
    is_something
}

/// What became of a grantee's privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::classes) enum Outcome {
    /// Nothing is left of them.
    Gone,
    /// There is one that the contract does not have.
    Wider,
    /// Some are left, none is new.
    Narrower,
}

/// Compares both sides' privileges; a privilege that may be passed on is more than the same without.
pub(in crate::classes) fn compare(delta: &Delta<'_>) -> Outcome {
    match delta.change {
        Change::Missing => Outcome::Gone,
        Change::Unexpected => Outcome::Wider,
        Change::Changed { .. } => {
            let expected = effective(delta.expected);
            let live = effective(delta.live);
            if live.is_subset(&expected) {
                Outcome::Narrower
            } else {
                Outcome::Wider
            }
        }
    }
}

fn effective(side: Option<&Object>) -> BTreeSet<String> {
    let listed = side
        .and_then(|object| object.facts.get("privileges"))
        .and_then(Value::as_array);
    let mut set = BTreeSet::new();
    for privilege in listed.into_iter().flatten().filter_map(Value::as_str) {
        set.insert(privilege.to_owned());
        if let Some(plain) = privilege.strip_suffix(" WITH GRANT OPTION") {
            set.insert(plain.to_owned());
        }
    }
    set
}
