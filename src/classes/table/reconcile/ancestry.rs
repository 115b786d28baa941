//! Parents and partitions: rows stay where they are.

use super::readiness;
use crate::classes::rules::{Lock, Site, Statement, Whole, dollar_quoted, texts};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

/// Attached, detached and inherited: rows stay where they are.
pub(in crate::classes) fn ancestry(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let path = site.path();
    let (wanted, live) = (site.list("inherits"), texts(there, "inherits"));
    let bound = site.object.text("partition_bound");
    let mut statements = Vec::new();
    if there.text("partition_bound").is_some() {
        let parent = live.first().unwrap_or(&"");
        let is_elsewhere = format!(
            "(select relispartition and pg_get_expr(relpartbound, oid) is distinct from {} from pg_class where oid = {}::regclass)",
            bound.map_or("null".to_owned(), sql::literal),
            sql::literal(path)
        );
        if there.is("detaching") {
            statements.push(finish_detaching(path, parent).early());
        }
        let detach = format!("alter table {parent} detach partition {path}");
        let detach = Statement::guarded(&is_elsewhere, &detach);
        statements.push(detach.lock(site, Lock::AccessExclusive, parent).early());
    } else {
        statements.extend(other_parents(site, there));
    }
    if let Some(bound) = bound {
        let parent = wanted.first().unwrap_or(&"");
        let is_whole = format!(
            "(select not relispartition from pg_class where oid = {}::regclass)",
            sql::literal(path)
        );
        let attach = format!("alter table {parent} attach partition {path} {bound}");
        let attach = Statement::guarded(&is_whole, &attach)
            .lock(site, Lock::ShareUpdateExclusive, parent)
            .scanning(site);
        let attach = attach.can_fail(site, "where a row does not belong into the partition");
        statements.push(attach.late());
    } else if there.text("partition_bound").is_some() {
        statements.extend(
            wanted
                .iter()
                .map(|parent| inherit(path, parent, true).late()),
        );
    }
    statements
}

/// Gives up parents and takes others; what becomes a partition only gives up.
fn other_parents(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let path = site.path();
    let (wanted, live) = (site.list("inherits"), texts(there, "inherits"));
    let is_partition = site.object.text("partition_bound").is_some();
    let mut statements = Vec::new();
    // The order of parents is a fact, and one that is taken comes last. Few are given up: a column whose
    // last parent goes becomes the table's own, for good.
    let (stay, mut come) = wanted.split_at(staying(&wanted, &live));
    let go = live.iter().filter(|parent| !stay.contains(parent));
    let is_ready =
        |parent: &&str| !live.contains(parent) && readiness::takes_at_once(site, there, parent);
    if !is_partition && stay.len() < live.len() && come.iter().all(is_ready) {
        // What both have stays inherited.
        statements.extend(
            come.iter()
                .map(|parent| inherit(path, parent, true).early()),
        );
        come = &[];
    }
    statements.extend(go.map(|parent| give_up(path, parent, &wanted).early()));
    if !is_partition {
        for parent in come {
            statements.push(inherit(path, parent, true).late());
            let checks = handed_over(site, there, parent).into_iter();
            statements.extend(checks.map(|(above, check)| hand_over(path, &above, &check).late()));
        }
    }
    statements
}

/// Whether a table stays when a parent of it goes: it has left that before.
pub(super) fn leaves(site: &Site<'_>, parent: &Object) -> bool {
    let Some(wanted) = site.other.get(&site.object.id) else {
        return false;
    };
    let is_child_of = |table: &Object| texts(table, "inherits").contains(&&*parent.id.path);
    is_child_of(site.object)
        && !is_child_of(wanted)
        && wanted.text("partition_key") == site.object.text("partition_key")
}

/// How many of the wanted parents, from the first on, the table has in that order already.
fn staying(wanted: &[&str], live: &[&str]) -> usize {
    let mut rest = live.iter();
    let is_next = |parent: &&&str| rest.any(|other| other == *parent);
    wanted.iter().take_while(is_next).count()
}

/// A partition of what a foreign key refers to cannot be dropped before it is detached.
pub(super) fn left_for_good(site: &Site<'_>) -> Option<Statement> {
    let parent = above(site.object)?;
    let mut whole = Some(parent.to_owned());
    while let Some(path) = whole {
        let id = table(&path);
        // It may come by the same plan.
        let is_referred = is_referred(site.whole, &id) || is_referred(site.other, &id);
        if is_referred && site.other.get(&id).is_some() {
            let is_part = format!(
                "exists (select from pg_inherits where inhrelid = to_regclass({}) and inhparent = to_regclass({}))",
                sql::literal(site.path()),
                sql::literal(parent)
            );
            let detach = format!("alter table {parent} detach partition {}", site.path());
            let detach = Statement::guarded(&is_part, &detach);
            return Some(detach.lock(site, Lock::AccessExclusive, parent));
        }
        whole = site.whole.get(&id).and_then(above).map(str::to_owned);
    }
    None
}

/// Whether a foreign key refers to a table: it needs the columns or their key.
fn is_referred(whole: &Whole<'_>, table: &ObjectId) -> bool {
    let children = whole.children(table).iter().map(|child| &child.id);
    let mut dependents = children.chain([table]).flat_map(|id| whole.dependents(id));
    dependents.any(|id| {
        let dependent = whole.get(id);
        dependent.is_some_and(|one| one.text("references") == Some(&table.path))
    })
}

/// What a partition is a part of.
fn above(object: &Object) -> Option<&str> {
    object.text("partition_bound")?;
    texts(object, "inherits").first().copied()
}

pub(super) fn table(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new("table"), path)
}

/// Gives up a parent, unless the table has all that it shall have, in their order.
fn give_up(path: &str, parent: &str, wanted: &[&str]) -> Statement {
    let table = sql::literal(path);
    let parents: Vec<String> = wanted
        .iter()
        .map(|parent| format!("to_regclass({})", sql::literal(parent)))
        .collect();
    let condition = format!(
        "exists (select from pg_inherits where inhrelid = {table}::regclass and inhparent = to_regclass({})) and array(select inhparent from pg_inherits where inhrelid = {table}::regclass order by inhseqno) is distinct from array[{}]::oid[]",
        sql::literal(parent),
        parents.join(", ")
    );
    Statement::guarded(
        &condition,
        &format!("alter table {path} no inherit {parent}"),
    )
}

/// Takes or gives up a parent, unless that has happened.
fn inherit(path: &str, parent: &str, takes: bool) -> Statement {
    let (not, word) = if takes {
        ("not ", "inherit")
    } else {
        ("", "no inherit")
    };
    let condition = format!(
        "{not}exists (select from pg_inherits where inhrelid = {}::regclass and inhparent = {}::regclass)",
        sql::literal(path),
        sql::literal(parent)
    );
    Statement::guarded(&condition, &format!("alter table {path} {word} {parent}"))
}

/// Checks of a parent, or of one above it, that the table shall not have on its own: each with the table it is from.
fn handed_over(site: &Site<'_>, there: &Object, parent: &str) -> Vec<(String, String)> {
    let id = table(parent);
    let is_kept = |name: &str| {
        let path = format!("{}.{}", site.path(), sql::identifier(name));
        let mut children = site.whole.children(&site.object.id).iter();
        children.any(|child| *child.id.path == *path)
    };
    // What it has had from the parent becomes its own where it gives that up for a while.
    let is_there = |name: &str| {
        let path = format!("{}.{}", site.path(), sql::identifier(name));
        let mut children = site.other.children(&site.object.id).iter();
        children.any(|child| *child.id.path == *path) || texts(there, "inherits").contains(&parent)
    };
    let checks = site.whole.children(&id).iter();
    let checks = checks
        .filter(|child| child.text("kind") == Some("check") && !child.is("no_inherit"))
        .filter_map(|check| sql::parts(&check.id.path).pop())
        .filter(|name| !is_kept(name) && is_there(name));
    let mut found: Vec<_> = checks.map(|name| (parent.to_owned(), name)).collect();
    let above = site.whole.get(&id).map(|parent| texts(parent, "inherits"));
    for above in above.into_iter().flatten() {
        found.extend(handed_over(site, there, above));
    }
    found
}

/// A check of both stays the table's own for good, so that it is given up by both and taken by the parent for all.
fn hand_over(path: &str, parent: &str, check: &str) -> Statement {
    let (table, above) = (sql::literal(path), sql::literal(parent));
    let name = sql::identifier(check);
    let literal = sql::literal(check);
    let add = sql::literal(&format!("alter table {parent} add constraint {name} "));
    let tell = sql::literal(&format!("comment on constraint {name} on {parent} is "));
    let body = format!(
        "declare\n  k record;\nbegin\n  if exists (select from pg_constraint where conrelid = {table}::regclass and conname = {literal} and conislocal and coninhcount > 0) then\n    select pg_get_constraintdef(oid) as definition, obj_description(oid, 'pg_constraint') as told into k from pg_constraint where conrelid = {above}::regclass and conname = {literal};\n    alter table {parent} drop constraint {name};\n    alter table {path} drop constraint {name};\n    execute {add} || k.definition;\n    execute {tell} || quote_nullable(k.told);\n  end if;\nend"
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

/// A detach that was broken off has to be ended before anything else.
fn finish_detaching(path: &str, parent: &str) -> Statement {
    let is_pending = format!(
        "exists (select from pg_inherits where inhrelid = {}::regclass and inhdetachpending)",
        sql::literal(path)
    );
    let finish = format!("alter table {parent} detach partition {path} finalize");
    Statement::guarded(&is_pending, &finish)
}
