//! Whether rows are held to a constraint: the triggers that hold it are switched, on all tables that have them or on some.

use crate::classes::rules::{Lock, Site, Statement, Whole, dollar_quoted, texts};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

/// The fact of a partition that lists the constraints which do not hold there, but elsewhere.
const FACT: &str = "unenforced";

/// Whether its triggers are off, on some table at least.
fn is_off(constraint: &Object) -> bool {
    !constraint.is("enforced") && !constraint.is("not_enforced")
}

fn id(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new("constraint"), path)
}

/// The partitions on which alone it does not hold.
fn exempt<'a>(whole: &Whole<'a>, constraint: &Object) -> Vec<&'a str> {
    let objects = whole.contract.objects.values();
    let lists = |object: &&Object| texts(object, FACT).contains(&&*constraint.id.path);
    objects
        .filter(lists)
        .map(|object| &*object.id.path)
        .collect()
}

/// Tables that get triggers of their own for it: they have to be there before these are switched.
pub(super) fn tables(site: &Site<'_>) -> Vec<ObjectId> {
    if !is_off(site.object) {
        return Vec::new();
    }
    let ends = [Some(site.parent_path()), site.object.text("references")];
    let mut found: Vec<ObjectId> = Vec::new();
    let mut pending: Vec<ObjectId> = ends.into_iter().flatten().map(table).collect();
    while let Some(above) = pending.pop() {
        for child in site.whole.dependents(&above) {
            let object = site.whole.get(child);
            let is_part = object.is_some_and(|object| {
                object.text("partition_bound").is_some()
                    && texts(object, "inherits").contains(&&*above.path)
            });
            if is_part && !found.contains(child) {
                found.push((*child).clone());
                pending.push((*child).clone());
            }
        }
    }
    found
}

fn table(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new("table"), path)
}

/// The triggers that hold it are switched as they shall be; that takes a superuser.
pub(super) fn enforce(site: &Site<'_>) -> Statement {
    let exempt = exempt(site.whole, site.object);
    let literals: Vec<String> = exempt
        .iter()
        .map(|table| format!("to_regclass({})", sql::literal(table)))
        .collect();
    let shall_be_off = match (is_off(site.object), literals.is_empty()) {
        (true, true) => "true".to_owned(),
        (true, false) => format!("g.tgrelid = any (array[{}]::oid[])", literals.join(", ")),
        (false, _) => "false".to_owned(),
    };
    // On a partitioned table a switch reaches its partitions: those that shall be on go first.
    let body = format!(
        include_str!("enforcement.sql"),
        table = sql::literal(site.parent_path()),
        name = site.name_literal(),
        shall_be_off = shall_be_off,
    );
    Statement::new(format!("do {}", dollar_quoted(&body))).lock(
        site,
        Lock::ShareRowExclusive,
        site.parent_path(),
    )
}

/// What a partition is exempt from, or no longer: the constraints that both sides have, and say the same of as a whole.
pub(in crate::classes) fn of_partition(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let wanted = site.list(FACT);
    let mut paths = texts(there, FACT);
    paths.extend(
        wanted
            .iter()
            .filter(|path| !texts(there, FACT).contains(path)),
    );
    // Else it is done there.
    let is_settled_here = |constraint: &&Object| {
        let live = site.other.get(&constraint.id);
        live.is_some_and(|live| is_off(live) == is_off(constraint))
    };
    let constraints = paths.iter().filter_map(|path| site.whole.get(&id(path)));
    let constraints = constraints.filter(is_settled_here);
    let statements = constraints.map(|constraint| enforce(&site.at(constraint)));
    statements.collect()
}

/// What a table that becomes a partition is exempt from, of constraints that are there: it gets them switched on.
pub(in crate::classes) fn of_new_partition(site: &Site<'_>) -> Vec<Statement> {
    if site.object.text("partition_bound").is_none() {
        return Vec::new();
    }
    let mut statements = Vec::new();
    let mut above: Vec<ObjectId> = site.list("inherits").into_iter().map(table).collect();
    while let Some(next) = above.pop() {
        let Some(object) = site.whole.get(&next) else {
            continue;
        };
        above.extend(texts(object, "inherits").into_iter().map(table));
        let own = site.whole.children(&next).iter().copied();
        let referring = site.whole.dependents(&next).iter();
        let referring = referring.filter_map(|id| site.whole.get(id));
        let known = own.chain(referring).filter(|object| {
            object.id.class.as_str() == "constraint"
                && is_off(object)
                && site.other.get(&object.id).is_some()
        });
        statements.extend(known.map(|constraint| enforce(&site.at(constraint))));
    }
    statements
}
