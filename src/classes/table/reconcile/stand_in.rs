//! A table that takes the place of parents while they change.
//!
//! A column that no parent hands down is the table's own for good, so it needs one at every moment: it comes, or stays,
//! through an empty table that is a parent only inside of one block.

use super::ancestry::{giving_up, table, taking};
use crate::classes::column::reconcile as columns;
use crate::classes::rules::{
    Lock, Site, Statement, dollar_quoted, head_and_name, put_aside, texts,
};
use crate::contract::{Object, ObjectId};
use crate::sql;

/// What changes the parents in one block: some stay, some are given up, some taken. None where nothing needs it.
pub(super) fn between(
    site: &Site<'_>,
    there: &Object,
    stay: &[&str],
    go: &[&str],
    come: &[&str],
) -> Option<Statement> {
    // A parent that has to go early takes what would be held along.
    let all_go = go.len() + stay.len() == texts(there, "inherits").len();
    let held = match all_go {
        true => held(site, there, stay),
        false => Vec::new(),
    };
    let new: Vec<&Object> = columns::in_order(site)
        .into_iter()
        .filter(|column| columns::comes_late(&site.at(column)))
        .collect();
    if held.is_empty() && new.is_empty() {
        return None;
    }
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let aside = sql::identifier(&put_aside(name, "stand_in"));
    let aside = format!("{schema}.{aside}");
    let mut steps = vec![
        format!("create table {aside} ({})", held.join(", ")),
        format!("alter table {path} inherit {aside}"),
    ];
    let add = |column: &&Object| {
        let definition = columns::definition(&site.at(column));
        format!("alter table {aside} add column {definition}")
    };
    steps.extend(new.iter().map(add));
    let guarded = |(condition, action)| format!("if {condition} then\n    {action};\n    end if");
    steps.extend(
        go.iter()
            .map(|parent| guarded(giving_up(site, there, parent))),
    );
    steps.extend(come.iter().map(|parent| guarded(taking(site, parent))));
    steps.push(format!("alter table {path} no inherit {aside}"));
    steps.push(format!("drop table {aside}"));
    let body = format!(
        "begin\n  if {} then\n    {};\n  end if;\nend",
        has_others(site),
        steps.join(";\n    ")
    );
    let statement = Statement::new(format!("do {}", dollar_quoted(&body)))
        .lock(site, Lock::AccessExclusive, path)
        .scanning(site);
    Some(statement)
}

/// Whether the table does not have the parents that it shall have, in their order.
fn has_others(site: &Site<'_>) -> String {
    let parents = site.list("inherits").into_iter();
    let parents: Vec<String> = parents
        .map(|parent| format!("{}::regclass", sql::literal(parent)))
        .collect();
    format!(
        "array(select inhparent from pg_inherits where inhrelid = {}::regclass order by inhseqno) is distinct from array[{}]::oid[]",
        sql::literal(site.path()),
        parents.join(", ")
    )
}

/// Definitions of columns that stay inherited, while all parents go that hand them down.
fn held(site: &Site<'_>, there: &Object, stay: &[&str]) -> Vec<String> {
    let definition = |column: &Object| {
        let collation = column.text("collation");
        let collation = collation.map_or(String::new(), |name| format!(" collate {name}"));
        format!(
            "{} {}{collation}",
            head_and_name(&column.id.path).1,
            column.text("type").unwrap_or_default()
        )
    };
    let columns = left_alone(site, there, stay);
    let columns = columns.filter(|column| column.text("generated").is_none());
    columns.map(definition).collect()
}

/// Columns that stay inherited and that no parent hands down which stays.
fn left_alone<'a>(
    site: &Site<'a>,
    there: &Object,
    stay: &[&str],
) -> impl Iterator<Item = &'a Object> {
    let is_inherited = |column: Option<&Object>| {
        column.and_then(|one| one.facts.get("local")) == Some(&false.into())
    };
    let is_held = |column: &&Object| {
        let is_handed_down = |parent: &&str| handed_down(site, parent, column).is_some();
        is_inherited(Some(column))
            && is_inherited(site.whole.get(&column.id))
            && !stay.iter().any(is_handed_down)
    };
    let live = site.other.children(&there.id).iter().copied();
    let left: Vec<&Object> = live.filter(is_held).collect();
    left.into_iter()
}

/// Columns that become the table's own all the same: a parent that changes goes early, and generated ones cannot be
/// held.
pub(super) fn loose(
    site: &Site<'_>,
    there: &Object,
    stay: &[&str],
    is_held: bool,
) -> Vec<ObjectId> {
    let columns = left_alone(site, there, stay);
    let columns = columns.filter(|column| !is_held || column.text("generated").is_some());
    columns.map(|column| column.id.clone()).collect()
}

/// The live parent's column of the same name.
fn handed_down<'a>(site: &Site<'a>, parent: &str, column: &Object) -> Option<&'a Object> {
    let name = head_and_name(&column.id.path).1;
    let id = ObjectId::new(column.id.class.clone(), format!("{parent}.{name}"));
    site.other.get(&id)
}

/// Whether a parent can be given up after whatever else is done: neither it nor what the table has from it changes.
pub(super) fn can_wait(site: &Site<'_>, there: &Object, parent: &str) -> bool {
    let id = table(parent);
    let Some(live) = site.other.get(&id) else {
        return false;
    };
    let present = Site {
        object: live,
        whole: site.other,
        other: site.whole,
        ..*site
    };
    let columns = columns::in_order(&present);
    let is_kept = |column: &&Object| {
        let name = head_and_name(&column.id.path).1;
        let own = ObjectId::new(column.id.class.clone(), format!("{}.{name}", there.id.path));
        let wanted = site.whole.get(&own);
        // What the table shall not have goes after the parent.
        wanted.is_none() || is_same_shape(site.other.get(&own), wanted)
    };
    if !columns.iter().all(is_kept) {
        return false;
    }
    let Some(wanted) = site.whole.get(&id) else {
        return true;
    };
    let after = columns::in_order(&site.at(wanted));
    let stays = |column: &&Object| is_same_shape(Some(column), site.whole.get(&column.id));
    after.len() == columns.len() && columns.iter().all(stays)
}

/// Whether a column stays as those see it that inherit it.
fn is_same_shape(live: Option<&Object>, wanted: Option<&Object>) -> bool {
    // A name cannot be given to what a parent hands down.
    let facts = [
        "type",
        "collation",
        "generated",
        "identity",
        "not_null",
        "not_null_name",
    ];
    let (Some(live), Some(wanted)) = (live, wanted) else {
        return false;
    };
    let mut facts = facts.iter();
    facts.all(|fact| live.facts.get(*fact) == wanted.facts.get(*fact))
}
