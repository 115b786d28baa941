//! Parents and partitions: rows stay where they are.

use std::collections::BTreeSet;

use super::{readiness, stand_in};
use crate::classes::constraint::inheritance;
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
        if there.is("detaching") {
            statements.push(finish_detaching(path, parent).early());
        }
        let forget = inheritance::forgetting(path, &left_behind(site, there, parent));
        let detach = format!("alter table {parent} detach partition {path}{forget}");
        let detach =
            Statement::guarded(&is_elsewhere(site), &without_indexes(site, there, &detach));
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
        let attach = Statement::guarded(&is_whole, &with_checks(site, parent, &attach))
            .lock(site, Lock::ShareUpdateExclusive, parent)
            .scanning(site);
        let attach = attach.can_fail(site, "where a row does not belong into the partition");
        statements.push(attach.late());
        statements.extend(tidied(site, there).map(Statement::late));
    } else if there.text("partition_bound").is_some() {
        statements.extend(wanted.iter().map(|parent| take(site, parent).late()));
    }
    statements
}

/// How a table comes from the parents it has to those it shall have.
struct Moves<'a> {
    /// Those it keeps, in their order.
    stay: Vec<&'a str>,
    /// Those it gives up.
    go: Vec<&'a str>,
    /// Those it takes.
    come: Vec<&'a str>,
    way: Way,
}

/// When it does that.
#[derive(PartialEq)]
enum Way {
    /// At once, before anything else changes.
    AtOnce,
    /// When everything else is done.
    InTheEnd,
    /// It gives up before anything else changes, and takes when everything else is done.
    Apart,
}

fn moves<'a>(site: &Site<'a>, there: &'a Object) -> Moves<'a> {
    let (wanted, live) = (site.list("inherits"), texts(there, "inherits"));
    // The order of parents is a fact, and one that is taken comes last. Few are given up: a column whose
    // last parent goes becomes the table's own, for good.
    let (stay, come) = wanted.split_at(staying(&wanted, &live));
    let go = live.iter().filter(|parent| !stay.contains(parent));
    let go: Vec<&str> = go.copied().collect();
    let is_ready =
        |parent: &&str| !live.contains(parent) && readiness::takes_at_once(site, there, parent);
    let can_wait = |parent: &&str| stand_in::can_wait(site, there, parent);
    let way = if site.object.text("partition_bound").is_some() {
        Way::Apart
    } else if !go.is_empty() && come.iter().all(is_ready) {
        Way::AtOnce
    } else if go.iter().all(can_wait) {
        Way::InTheEnd
    } else {
        Way::Apart
    };
    let (stay, come) = (stay.to_vec(), come.to_vec());
    Moves {
        stay,
        go,
        come,
        way,
    }
}

/// Gives up parents and takes others; what becomes a partition only gives up.
fn other_parents(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let Moves {
        stay,
        go,
        come,
        way,
    } = moves(site, there);
    let takes = || come.iter().map(|parent| take(site, parent));
    let leaves = || go.iter().map(|parent| give_up(site, there, parent).early());
    if way == Way::AtOnce {
        // What both have stays inherited.
        return takes().map(Statement::early).chain(leaves()).collect();
    }
    if site.object.text("partition_bound").is_some() {
        return leaves().collect();
    }
    let waits = way == Way::InTheEnd;
    let waiting = if waits { &go[..] } else { &[] };
    let mut statements = Vec::new();
    match stand_in::between(site, there, &stay, waiting, &come) {
        Some(between) => {
            statements.extend(leaves().filter(|_| !waits));
            statements.push(between.late());
        }
        None => statements.extend(leaves().chain(takes().map(Statement::late))),
    }
    let checks = come
        .iter()
        .flat_map(|parent| handed_over(site, there, parent));
    let handed = checks.map(|check| inheritance::hand_over(site.path(), &check).late());
    statements.extend(handed);
    statements
}

/// Columns that become a table's own because no parent hands them down at every moment.
pub(super) fn come_loose(site: &Site<'_>, there: &Object) -> Vec<ObjectId> {
    let is_partition = |table: &Object| table.text("partition_bound").is_some();
    if is_partition(there) || is_partition(site.object) {
        return Vec::new();
    }
    let Moves { stay, go, way, .. } = moves(site, there);
    match way {
        Way::AtOnce => Vec::new(),
        _ if go.is_empty() => Vec::new(),
        _ => stand_in::loose(site, there, &stay, way == Way::InTheEnd),
    }
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

pub(in crate::classes) fn table(path: &str) -> ObjectId {
    ObjectId::new(ClassName::new("table"), path)
}

/// Whether a partition is one of something else, or holds other values, than it shall.
fn is_elsewhere(site: &Site<'_>) -> String {
    let table = sql::literal(site.path());
    let differs = site.object.text("partition_bound").map(|bound| {
        let parent = site.list("inherits").first().copied().unwrap_or_default();
        format!(
            " and (pg_get_expr(relpartbound, oid) <> {} or not exists (select from pg_inherits where inhrelid = {table}::regclass and inhparent = to_regclass({})))",
            sql::literal(bound),
            sql::literal(parent)
        )
    });
    format!(
        "(select relispartition{} from pg_class where oid = {table}::regclass)",
        differs.unwrap_or_default()
    )
}

/// Gives up a parent, unless the table has all that it shall have, in their order: the condition and what is done then.
pub(super) fn giving_up(site: &Site<'_>, there: &Object, parent: &str) -> (String, String) {
    let (path, table) = (site.path(), sql::literal(site.path()));
    let parents = site.list("inherits").into_iter();
    let parents: Vec<String> = parents
        .map(|parent| format!("to_regclass({})", sql::literal(parent)))
        .collect();
    let condition = format!(
        "exists (select from pg_inherits where inhrelid = {table}::regclass and inhparent = to_regclass({})) and array(select inhparent from pg_inherits where inhrelid = {table}::regclass order by inhseqno) is distinct from array[{}]::oid[]",
        sql::literal(parent),
        parents.join(", ")
    );
    let forget = inheritance::forgetting(path, &left_behind(site, there, parent));
    let action = format!("alter table {path} no inherit {parent}{forget}");
    (condition, action)
}

fn give_up(site: &Site<'_>, there: &Object, parent: &str) -> Statement {
    let (condition, action) = giving_up(site, there, parent);
    Statement::guarded(&condition, &action)
}

/// A detach after which the partition has no index or key but those it shall have of its own. One that becomes a
/// partition of something else keeps them, as they may be a part of what that has.
fn without_indexes(site: &Site<'_>, there: &Object, detach: &str) -> String {
    if site.object.text("partition_bound").is_some() {
        return detach.to_owned();
    }
    let (path, table) = (site.path(), sql::literal(site.path()));
    let own = kept_parts(site, there);
    let format = |text: &str| sql::literal(&text.replace("{}", &path.replace('%', "%%")));
    format!(
        "declare
      steps text[];
      step text;
    begin
      select array_agg(case
          when k.oid is not null then format({}, k.conname)
          else format({}, i.indexrelid::regclass)
        end order by i.indexrelid) into steps
      from pg_index i
      join pg_inherits h on h.inhrelid = i.indexrelid
      join pg_class c on c.oid = i.indexrelid
      left join pg_constraint k on k.conindid = c.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
      where i.indrelid = {table}::regclass
        and c.relname <> all (array[{}]::name[]);
      {detach};
      foreach step in array coalesce(steps, '{{}}') loop
        execute step;
      end loop;
    end",
        format("alter table {} drop constraint %I"),
        format("drop index %s"),
        own.join(", ")
    )
}

/// Facts of an index or a key that say which one it is.
const OF_PARTS: [&str; 13] = [
    "kind",
    "columns",
    "definition",
    "deferrable",
    "initially_deferred",
    "unique",
    "method",
    "keys",
    "include",
    "predicate",
    "nulls_not_distinct",
    "without_overlaps",
    "without_columns",
];

/// The names, as literals, of indexes and keys that a partition keeps: its own, and its parts of those of the whole that
/// are what it shall have under the name.
fn kept_parts(site: &Site<'_>, there: &Object) -> Vec<String> {
    let mut wholes = Vec::new();
    let mut above_it = above(there).map(str::to_owned);
    while let Some(path) = above_it {
        let id = table(&path);
        wholes.extend(site.other.children(&id).iter().copied());
        above_it = site.other.get(&id).and_then(above).map(str::to_owned);
    }
    let is_alike = |one: &Object, other: &Object| {
        let mut facts = OF_PARTS.iter();
        one.id.class == other.id.class
            && facts.all(|fact| one.facts.get(*fact) == other.facts.get(*fact))
    };
    let is_kept = |child: &&&Object| {
        site.other.get(&child.id).is_some() || wholes.iter().any(|whole| is_alike(child, whole))
    };
    let own = site.whole.children(&site.object.id).iter();
    let own = own.filter(|child| ["index", "constraint"].contains(&child.id.class.as_str()));
    let own = own.filter(is_kept);
    let own = own.filter_map(|child| sql::parts(&child.id.path).pop());
    let own: BTreeSet<String> = own.map(|name| sql::literal(&name)).collect();
    own.into_iter().collect()
}

/// A partition that came from another whole gives up what it had a part of there and nothing wants: it could not know before
/// which of it the new whole has as well.
fn tidied(site: &Site<'_>, there: &Object) -> Option<Statement> {
    let parent = above(there).filter(|parent| Some(*parent) != above(site.object))?;
    let is_backed = |child: &&Object| match child.id.class.as_str() {
        "index" => true,
        "constraint" => !["check", "foreign key"].contains(&child.text("kind").unwrap_or_default()),
        _ => false,
    };
    site.other
        .children(&table(parent))
        .iter()
        .copied()
        .find(|child| is_backed(child))?;
    let (path, literal) = (site.path(), sql::literal(site.path()));
    let own = kept_parts(site, there);
    let format = |text: &str| sql::literal(&text.replace("{}", &path.replace('%', "%%")));
    let body = format!(
        "declare\n  step text;\nbegin\n  for step in\n    select case\n        when k.oid is not null then format({}, k.conname)\n        else format({}, i.indexrelid::regclass)\n      end\n    from pg_index i\n    join pg_class c on c.oid = i.indexrelid\n    left join pg_constraint k on k.conindid = c.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')\n    where i.indrelid = to_regclass({literal})\n      and not c.relispartition\n      and c.relname <> all (array[{}]::name[])\n    order by i.indexrelid\n  loop\n    execute step;\n  end loop;\nend",
        format("alter table {} drop constraint %I"),
        format("drop index %s"),
        own.join(", ")
    );
    Some(Statement::new(format!("do {}", dollar_quoted(&body))))
}

/// Checks that a table has from a parent it leaves and shall not have then, or another one of the name.
fn left_behind(site: &Site<'_>, there: &Object, parent: &str) -> Vec<String> {
    let comes = inheritance::from_above(site.whole, site.object);
    let is_kept = |name: &str, check: &Object| {
        let own = inheritance::own(site.whole, &there.id, name);
        let wanted = own.or(comes.get(name).copied());
        wanted.is_some_and(|wanted| inheritance::is_same(wanted, check))
    };
    // The parent may have changed by then.
    let sides = [site.other, site.whole].into_iter();
    let checks = sides.flat_map(|side| inheritance::handed_down(side, parent));
    let gone = checks.filter(|(name, check)| !is_kept(name, check));
    let gone: BTreeSet<String> = gone.map(|(name, _)| name).collect();
    gone.into_iter().collect()
}

/// Takes a parent, unless that has happened: the condition and what is done then.
pub(super) fn taking(site: &Site<'_>, parent: &str) -> (String, String) {
    let path = site.path();
    let condition = format!(
        "not exists (select from pg_inherits where inhrelid = {}::regclass and inhparent = {}::regclass)",
        sql::literal(path),
        sql::literal(parent)
    );
    let action = format!("alter table {path} inherit {parent}");
    (condition, with_checks(site, parent, &action))
}

fn take(site: &Site<'_>, parent: &str) -> Statement {
    let (condition, action) = taking(site, parent);
    checked(site, parent, Statement::guarded(&condition, &action))
}

/// Takes a parent with the checks of that.
fn with_checks(site: &Site<'_>, parent: &str, take: &str) -> String {
    match has_checks(site, parent) {
        true => inheritance::completing(site.path(), parent) + take,
        false => take.to_owned(),
    }
}

fn has_checks(site: &Site<'_>, parent: &str) -> bool {
    let mut sides = [site.whole, site.other].into_iter();
    sides.any(|side| !inheritance::handed_down(side, parent).is_empty())
}

/// Rows are held to what the parent demands.
pub(super) fn checked(site: &Site<'_>, parent: &str, statement: Statement) -> Statement {
    if !has_checks(site, parent) {
        return statement;
    }
    let statement = statement.scanning(site);
    statement.can_fail(site, "where rows break a check of the parent")
}

/// Checks that a table has or gets of its own before it takes a parent, where they shall be that one's alone.
fn handed_over(site: &Site<'_>, there: &Object, parent: &str) -> Vec<String> {
    let before = inheritance::from_above(site.other, there);
    let is_due = |(name, check): &(String, &Object)| {
        let is_had = before.contains_key(name)
            || inheritance::own(site.other, &there.id, name).is_some()
            || site.other.get(&check.id).is_some();
        is_had && inheritance::own(site.whole, &there.id, name).is_none()
    };
    let wanted = inheritance::handed_down(site.whole, parent).into_iter();
    let due = wanted.filter(is_due);
    due.map(|(name, _)| name).collect()
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
