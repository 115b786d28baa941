//! Logged and unlogged: no logged table may refer to one that is not, so that tables which refer to each other change
//! in an order of their own.

use std::collections::BTreeSet;

use crate::classes::rules::{Site, Whole};
use crate::contract::{ClassName, Object, ObjectId};

/// The table, after those that have to have changed before it. The second time nothing is changed by it.
pub(super) fn in_turn(site: &Site<'_>) -> Vec<String> {
    let (mut turns, mut seen) = (Vec::new(), BTreeSet::new());
    take(site, site.path(), &mut seen, &mut turns);
    turns
}

/// Tables that go: while one refers to this one, or to one that has to change before, none becomes unlogged.
pub(super) fn awaits(site: &Site<'_>, there: &Object) -> Vec<ObjectId> {
    let is_due =
        site.text("persistence") == "unlogged" && there.text("persistence") != Some("unlogged");
    let turns = in_turn(site).into_iter().filter(|_| is_due);
    let tables = turns.flat_map(|table| referring(site.other, &table));
    let tables = tables.map(|path| ObjectId::new(ClassName::new("table"), path));
    tables.filter(|id| site.whole.get(id).is_none()).collect()
}

fn take(site: &Site<'_>, path: &str, seen: &mut BTreeSet<String>, turns: &mut Vec<String>) {
    if !seen.insert(path.to_owned()) {
        return;
    }
    let is_unlogged = site.text("persistence") == "unlogged";
    let before = match is_unlogged {
        true => referring(site.other, path),
        false => referred(site.other, path),
    };
    for table in before {
        let is_so = |whole: &Whole<'_>| {
            let object = whole.get(&ObjectId::new(ClassName::new("table"), table.as_str()));
            object.map(|object| object.text("persistence") == Some("unlogged"))
        };
        let changes =
            is_so(site.whole) == Some(is_unlogged) && is_so(site.other) == Some(!is_unlogged);
        if changes {
            take(site, &table, seen, turns);
        }
    }
    turns.push(path.to_owned());
}

/// Tables with a foreign key to this one.
fn referring(whole: &Whole<'_>, path: &str) -> Vec<String> {
    let id = ObjectId::new(ClassName::new("table"), path);
    // Keys need the columns they refer to, or what makes these unique.
    let children = whole.children(&id).iter().map(|child| &child.id);
    let needed = children.chain([&id]);
    let dependents = needed.flat_map(|id| whole.dependents(id));
    let constraints = dependents.filter_map(|id| whole.get(id));
    constraints
        .filter(|object| object.text("references") == Some(path))
        .filter_map(|object| object.parent.as_ref().map(|parent| parent.path.to_string()))
        .collect()
}

/// Tables that this one has a foreign key to.
fn referred(whole: &Whole<'_>, path: &str) -> Vec<String> {
    let id = ObjectId::new(ClassName::new("table"), path);
    let children = whole.children(&id).iter();
    children
        .filter_map(|object| object.text("references").map(str::to_owned))
        .collect()
}
