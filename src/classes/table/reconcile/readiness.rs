//! Whether a table has what a new parent asks for before anything else is done.

use super::ancestry::table;
use crate::classes::rules::{Site, Whole, texts};
use crate::contract::{Object, ObjectId};

/// Whether a table can take a parent as both are now, and the parent keeps its columns.
pub(super) fn takes_at_once(site: &Site<'_>, there: &Object, parent: &str) -> bool {
    let id = table(parent);
    let Some(live) = site.other.get(&id) else {
        return false;
    };
    let own = lineage(site.other, there);
    let new = lineage(site.other, live);
    let is_checked = |table: &ObjectId| {
        let mut parts = site.other.children(table).iter();
        parts.any(|part| part.text("kind") == Some("check") && !part.is("no_inherit"))
    };
    if new.contains(&there.id) || new.iter().any(|id| !own.contains(id) && is_checked(id)) {
        return false;
    }
    let parent = site.at(live);
    let parent = Site {
        whole: site.other,
        other: site.whole,
        ..parent
    };
    parent.children_of("column").all(|column| {
        let name = parent.at(column).own_name();
        let same = |facts: &[&str], other: Option<&Object>| {
            other.is_some_and(|other| {
                facts
                    .iter()
                    .all(|fact| other.facts.get(*fact) == column.facts.get(*fact))
            })
        };
        let heir = ObjectId::new(column.id.class.clone(), format!("{}.{name}", there.id.path));
        let heir = site.other.get(&heir);
        let nullity: &[&str] = match column.is("not_null") {
            true => &["not_null", "not_null_validated", "not_null_no_inherit"],
            false => &[],
        };
        same(&["type"], site.whole.get(&column.id))
            && same(&["type", "collation", "generated"], heir)
            && same(nullity, heir)
    })
}

/// A table and all above it.
fn lineage(whole: &Whole<'_>, of: &Object) -> Vec<ObjectId> {
    let mut found = vec![of.id.clone()];
    let mut at = 0;
    while let Some(object) = found.get(at).map(|id| whole.get(id)) {
        for parent in object.into_iter().flat_map(|one| texts(one, "inherits")) {
            let id = table(parent);
            if !found.contains(&id) {
                found.push(id);
            }
        }
        at += 1;
    }
    found
}
