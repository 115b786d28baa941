//! Parents and partitions: rows stay where they are.

use crate::classes::rules::{Lock, Site, Statement, Whole, texts};
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
        // The order of parents is a fact: from the first that differs on they are given up and taken again.
        let same = wanted.iter().zip(&live).take_while(|(a, b)| a == b).count();
        statements.extend(
            live[same..]
                .iter()
                .map(|parent| inherit(path, parent, false).early()),
        );
        if bound.is_none() {
            statements.extend(
                wanted[same..]
                    .iter()
                    .map(|parent| inherit(path, parent, true).late()),
            );
        }
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

fn table(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new("table"), path)
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

/// A detach that was broken off has to be ended before anything else.
fn finish_detaching(path: &str, parent: &str) -> Statement {
    let is_pending = format!(
        "exists (select from pg_inherits where inhrelid = {}::regclass and inhdetachpending)",
        sql::literal(path)
    );
    let finish = format!("alter table {parent} detach partition {path} finalize");
    Statement::guarded(&is_pending, &finish)
}
