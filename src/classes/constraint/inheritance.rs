//! Checks that tables have from their parents: what becomes of them when a table takes or leaves one.

use std::collections::BTreeMap;

use crate::classes::rules::{Lock, Site, Statement, Whole, dollar_quoted, texts};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

/// The checks that a table has from those above it, by name.
pub(in crate::classes) fn from_above<'a>(
    whole: &Whole<'a>,
    table: &Object,
) -> BTreeMap<String, &'a Object> {
    let parents = texts(table, "inherits").into_iter();
    parents.fold(BTreeMap::new(), |mut found, parent| {
        found.extend(handed_down(whole, parent));
        found
    })
}

/// The checks that a parent hands down, its own and those it has from above, by name.
pub(in crate::classes) fn handed_down<'a>(
    whole: &Whole<'a>,
    parent: &str,
) -> BTreeMap<String, &'a Object> {
    let id = ObjectId::new(ClassName::new("table"), parent);
    let Some(table) = whole.get(&id) else {
        return BTreeMap::new();
    };
    let mut found = from_above(whole, table);
    let checks = whole.children(&id).iter();
    let checks = checks.filter(|one| one.text("kind") == Some("check") && !one.is("no_inherit"));
    found.extend(checks.filter_map(|check| Some((name(check)?, *check))));
    found
}

/// The check of that name that is a table's own.
pub(in crate::classes) fn own<'a>(
    whole: &Whole<'a>,
    table: &ObjectId,
    wanted: &str,
) -> Option<&'a Object> {
    let mut checks = whole.children(table).iter();
    let is_it =
        |one: &&&Object| one.text("kind") == Some("check") && name(one).as_deref() == Some(wanted);
    checks.find(is_it).copied()
}

fn name(check: &Object) -> Option<String> {
    sql::parts(&check.id.path).pop()
}

/// Whether a table that has one of them can take a parent that has the other.
pub(in crate::classes) fn is_same(one: &Object, other: &Object) -> bool {
    let facts = ["expression", "no_inherit", "validated", "not_enforced"];
    let mut facts = facts.iter();
    facts.all(|fact| one.facts.get(*fact) == other.facts.get(*fact))
}

/// What is done to a check that shall not be the table's own any more. None where it just goes.
pub(super) fn given_up(site: &Site<'_>) -> Option<Statement> {
    let (there, wanted) = (site.parent()?, site.other.get(&site.parent()?.id)?);
    let name = name(site.object)?;
    let comes = from_above(site.other, wanted).remove(&name);
    let came = from_above(site.whole, there).remove(&name);
    let Some(comes) = comes else {
        // What is a parent's as well cannot go before that does, or is left; then it goes with it.
        return (came.is_some() || site.joins_a_whole()).then(|| while_own(site));
    };
    let is_there = site.whole.get(&comes.id);
    if !is_there.is_some_and(|above| is_same(above, comes)) || !is_same(site.object, comes) {
        // It comes from above when that is added to, or is made like that when the table takes the parent.
        return Some(while_own(site));
    }
    let is_partition = wanted.text("partition_bound").is_some();
    Some(match came {
        Some(_) if !is_partition => hand_over(&there.id.path, &name),
        // A table has to have it to take the parent, which makes it that one's then.
        _ => Statement::new(""),
    })
}

/// Goes while it is the table's own alone.
pub(super) fn while_own(site: &Site<'_>) -> Statement {
    let table = site.parent_path();
    let own = format!(
        "exists (select from pg_constraint where conrelid = to_regclass({}) and conname = {} and conparentid = 0 and coninhcount = 0)",
        sql::literal(table),
        site.name_literal()
    );
    let drop = format!("alter table {table} drop constraint {}", site.own_name());
    Statement::guarded(&own, &drop).lock(site, Lock::AccessExclusive, table)
}

/// Gives a table the checks of a parent that it does not have: without them it cannot take it. Inside of a block.
pub(in crate::classes) fn completing(table: &str, parent: &str) -> String {
    let add = format!(
        "alter table {} add constraint %I %s",
        table.replace('%', "%%")
    );
    format!(
        "declare
      k record;
    begin
      for k in
        select c.conname, pg_get_constraintdef(c.oid) as definition
        from pg_constraint c
        where c.conrelid = {}::regclass and c.contype = 'c' and not c.connoinherit
          and not exists (select from pg_constraint o where o.conrelid = {}::regclass and o.conname = c.conname)
      loop
        execute format({}, k.conname, k.definition);
      end loop;
    end;
    ",
        sql::literal(parent),
        sql::literal(table),
        sql::literal(&add)
    )
}

/// Takes from a table what it had from a parent that it has left, where nothing else hands it down.
pub(in crate::classes) fn forgetting(table: &str, names: &[String]) -> String {
    let one = |name: &String| {
        format!(
            ";\n    if exists (select from pg_constraint where conrelid = {}::regclass and conname = {} and coninhcount = 0) then\n      alter table {table} drop constraint {};\n    end if",
            sql::literal(table),
            sql::literal(name),
            sql::identifier(name)
        )
    };
    names.iter().map(one).collect()
}

/// What is a table's own stays so for good: it is given up by it and by all above it, and made again by those.
pub(in crate::classes) fn hand_over(table: &str, check: &str) -> Statement {
    let (relation, name) = (sql::literal(table), sql::literal(check));
    let quoted = sql::identifier(check);
    let body = format!(
        "declare
  k record;
  again text[] := '{{}}';
  step text;
begin
  if exists (select from pg_constraint where conrelid = {relation}::regclass and conname = {name} and conislocal and coninhcount > 0) then
    for k in
      with recursive above (oid, depth) as (
        select inhparent, 1 from pg_inherits where inhrelid = {relation}::regclass
        union all
        select i.inhparent, a.depth + 1 from above a join pg_inherits i on i.inhrelid = a.oid
      )
      select c.conrelid::regclass as relation, pg_get_constraintdef(c.oid) as definition, obj_description(c.oid, 'pg_constraint') as told
      from (select oid, max(depth) as depth from above group by oid) a
      join pg_constraint c on c.conrelid = a.oid and c.conname = {name} and c.conislocal
      order by a.depth desc
    loop
      execute format('alter table %s drop constraint %I', k.relation, {name});
      again := again
        || format('alter table %s add constraint %I %s', k.relation, {name}, k.definition)
        || format('comment on constraint %I on %s is %L', {name}, k.relation, k.told);
    end loop;
    alter table {table} drop constraint {quoted};
    foreach step in array again loop
      execute step;
    end loop;
  end if;
end"
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}
