//! Whether a list of privileges got wider or narrower.

use std::collections::BTreeSet;

use crate::contract::{Change, Delta, Object};

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
        .and_then(serde_json::Value::as_array);
    let mut set = BTreeSet::new();
    for privilege in listed
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
    {
        set.insert(privilege.to_owned());
        if let Some(plain) = privilege.strip_suffix(" WITH GRANT OPTION") {
            set.insert(plain.to_owned());
        }
    }
    set
}
