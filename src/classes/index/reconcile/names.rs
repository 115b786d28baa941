//! Names that somebody chose for what partitions have of an index: given, and given back to Postgres to choose.

use std::collections::BTreeMap;

use crate::classes::rules::{Section, Site, Statement, dollar_quoted};
use crate::classes::table::reconcile::table_of;
use crate::contract::{Object, ObjectId};
use crate::sql;

/// The fact that lists them.
const FACT: &str = "part_names";

/// Chosen names, quoted, by the partition.
fn chosen(object: &Object) -> BTreeMap<String, String> {
    let list = object.facts.get(FACT).cloned();
    let pairs: Option<Vec<(String, String)>> =
        list.and_then(|list| serde_json::from_value(list).ok());
    pairs.unwrap_or_default().into_iter().collect()
}

/// The partitions whose parts have such names.
pub(in crate::classes) fn tables(site: &Site<'_>) -> Vec<ObjectId> {
    let names = chosen(site.object);
    names.keys().map(|table| table_of(table)).collect()
}

/// The parts of a new index of that name are called as they shall be.
pub(in crate::classes) fn of_new(site: &Site<'_>, index: &str) -> Vec<Statement> {
    let names = chosen(site.object);
    let statements = names.iter().map(|(table, name)| given(index, table, name));
    statements.collect()
}

/// From the names that parts have to those that they shall have; `usual` is how Postgres would choose the rest.
pub(in crate::classes) fn changed(
    site: &Site<'_>,
    there: &Object,
    index: &str,
    usual: &str,
) -> Vec<Statement> {
    let (wanted, live) = (chosen(site.object), chosen(there));
    let mut statements = Vec::new();
    for table in live.keys().filter(|table| !wanted.contains_key(*table)) {
        statements.push(given_back(index, table, usual));
    }
    for (table, name) in &wanted {
        if live.get(table) != Some(name) {
            statements.push(given(index, table, name));
        }
    }
    statements
}

/// Looks for the part that a partition has, and goes on only where there is one.
fn part_of(index: &str, table: &str) -> String {
    format!(
        "  select i.indexrelid::regclass, c.relname into part, old\n  from pg_partition_tree({}) p\n  join pg_index i on i.indexrelid = p.relid\n  join pg_class c on c.oid = i.indexrelid\n  where i.indrelid = to_regclass({});\n",
        sql::literal(index),
        sql::literal(table)
    )
}

fn given(index: &str, table: &str, name: &str) -> Statement {
    let literal = sql::literal(&sql::parts(name).concat());
    let body = format!(
        "declare\n  part text;\n  old name;\nbegin\n{}  if old <> {literal} then\n    execute format('alter index %s rename to %I', part, {});\n  end if;\nend",
        part_of(index, table),
        literal.trim_start()
    );
    renaming(&body)
}

fn given_back(index: &str, table: &str, usual: &str) -> Statement {
    let body = format!(
        "declare\n  part text;\n  old name;\n  usual text;\n  number text := '';\nbegin\n{}  select {usual} into usual\n  from pg_class t\n  where t.oid = to_regclass({});\n  usual := left(usual, 60);\n  if part is null or left(old, length(usual)) = usual and substr(old, length(usual) + 1) ~ '^[0-9]*$' then\n    return;\n  end if;\n  while exists (select from pg_class c where c.relname = usual || number and c.relnamespace = (select relnamespace from pg_class where oid = to_regclass(part))) loop\n    number := (coalesce(nullif(number, '')::int, 0) + 1)::text;\n  end loop;\n  execute format('alter index %s rename to %I', part, usual || number);\nend",
        part_of(index, table),
        sql::literal(table)
    );
    renaming(&body)
}

fn renaming(body: &str) -> Statement {
    Statement {
        section: Section::Transaction,
        ..Statement::new(format!("do {}", dollar_quoted(body)))
    }
}

/// How Postgres calls the part of an index (`ChooseIndexName`); the part and its table stand there as `part` and `t`.
pub(in crate::classes) const USUAL: &str = "t.relname || '_' || (select string_agg(a.attname, '_' order by a.attnum) from pg_attribute a where a.attrelid = to_regclass(part))";
