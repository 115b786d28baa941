//! What two contracts cannot both say is compared with nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Class, schema};
use crate::contract::{Contract, Gap, Object, ObjectId};

/// The key of a fact's value that says why it could not be read.
pub(super) const UNREADABLE: &str = "unreadable";

/// The fact that lists columns in their order.
const ORDER: &str = "column_order";

/// Takes out of a contract what the other one does not know, so that it does not look as if it differed:
/// classes and facts that could not be read, and in the order of columns those that only one side has.
/// Both sides have to be aligned, each with the other.
pub fn align(contract: &mut Contract, other: &Contract) {
    let known: BTreeSet<String> = contract
        .coverage
        .classes
        .intersection(&other.coverage.classes)
        .cloned()
        .collect();
    let is_known = |id: &ObjectId| known.contains(id.class.as_str());
    // Everybody can read which schemas there are: what is inside of one is comparable, whether they are compared or not.
    let is_home = |id: &ObjectId| is_known(id) || id.class.as_str() == schema::CLASS.name;
    contract
        .objects
        .retain(|id, object| is_known(id) && object.parent.as_ref().is_none_or(is_home));
    let is_other_major = contract.server.major != other.server.major;
    let mut gaps = Vec::new();
    let mut others = other.objects.iter().peekable();
    for (id, object) in &mut contract.objects {
        while others.next_if(|(before, _)| *before < id).is_some() {}
        let other = others
            .next_if(|(same, _)| *same == id)
            .map(|(_, other)| other);
        gaps.extend(equally_unreadable(id, object, other));
        if let Some(other) = other {
            order_of_common_columns(object, other);
            if is_other_major {
                columns_of_same_query(object, other);
            }
        }
    }
    contract.coverage.not_compared.extend(gaps);
}

/// What one side could not read says so on both, with the same words.
fn equally_unreadable(id: &ObjectId, object: &mut Object, other: Option<&Object>) -> Vec<Gap> {
    for (fact, value) in other.into_iter().flat_map(|other| &other.facts) {
        if reason(value).is_some() {
            object.facts.insert(fact.clone(), value.clone());
        }
    }
    let unread = object
        .facts
        .iter()
        .filter_map(|(fact, value)| Some((fact, reason(value)?)));
    let gaps = unread.map(|(fact, why)| {
        let noun = Class::named(id.class.as_str()).map_or("", |class| class.noun);
        Gap {
            what: format!("{} of {noun} {}", fact.replace('_', " "), id.path),
            why: why.to_owned(),
        }
    });
    gaps.collect()
}

fn reason(value: &Value) -> Option<&str> {
    value.get(UNREADABLE)?.as_str()
}

fn order_of_common_columns(object: &mut Object, other: &Object) {
    let theirs = other.facts.get(ORDER).and_then(Value::as_array);
    let own = object.facts.get(ORDER).and_then(Value::as_array);
    let (Some(own), Some(theirs)) = (own, theirs) else {
        object.facts.remove(ORDER);
        return;
    };
    if own != theirs {
        let theirs: BTreeSet<&str> = theirs.iter().filter_map(Value::as_str).collect();
        let is_common = |name: &&Value| name.as_str().is_some_and(|name| theirs.contains(name));
        let common = own.iter().filter(is_common).cloned().collect();
        object.facts.insert(ORDER.to_owned(), common);
    }
}

/// What a query gives may have another type on another major: `extract` is numeric since 14.
fn columns_of_same_query(object: &mut Object, other: &Object) {
    let is_same = object.text("definition").is_some()
        && object.text("definition") == other.text("definition");
    if let Some(theirs) = other.facts.get("columns").filter(|_| is_same)
        && object.facts.contains_key("columns")
    {
        object.facts.insert("columns".to_owned(), theirs.clone());
    }
}
