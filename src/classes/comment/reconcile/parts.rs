//! Comments on what a partition has of an index, a key or a trigger of the whole. Postgres may have chosen its name, so it
//! is looked for where the statement runs.

use super::index_of;
use crate::classes::rules::{Site, Statement, dollar_quoted, head_and_name};
use crate::classes::table::reconcile::table_of;
use crate::contract::{Object, ObjectId};
use crate::sql;

/// What a comment on a part is on, an index or something else, and the part's table.
fn kind_and_table<'a>(site: &Site<'a>, whole: &Object) -> Option<(&'a str, &'a str)> {
    let own = site.path();
    let after = &own[own.find(&*whole.id.path)? + whole.id.path.len()..];
    let inside = after.strip_prefix(" (")?.strip_suffix(')')?;
    inside.split_once("on ")
}

/// The partition whose part a comment is on.
pub(super) fn table(site: &Site<'_>) -> Vec<ObjectId> {
    let of_part = site.parent().and_then(|whole| kind_and_table(site, whole));
    of_part
        .map(|(_, table)| table_of(table))
        .into_iter()
        .collect()
}

/// The statement for a comment on a part, where the comment is one; `text` is a literal or `null`.
pub(super) fn of_part(site: &Site<'_>, whole: &Object, text: &str) -> Option<Statement> {
    let (kind, table) = kind_and_table(site, whole)?;
    let is_index = whole.id.class.as_str() == "index";
    let (query, address) = if kind == "index " {
        let index = match is_index {
            true => whole.id.path.to_string(),
            false => index_of(site, whole),
        };
        (of_index(&index), "index %s")
    } else {
        let (relation, name) = head_and_name(&whole.id.path);
        let name = sql::literal(&sql::parts(name).concat());
        match whole.id.class.as_str() {
            "trigger" => (
                of_catalog("pg_trigger", "tg", relation, &name),
                "trigger %I on %s",
            ),
            _ => (
                of_catalog("pg_constraint", "con", relation, &name),
                "constraint %I on %s",
            ),
        }
    };
    let literal = sql::literal(table);
    let body = format!(
        "declare\n  part text;\nbegin\n  {query} = to_regclass({literal});\n  if part is not null then\n    execute format({}, part, to_regclass({literal}), {text});\n  end if;\nend",
        sql::literal(&spelled(address)),
    );
    Some(Statement::new(format!("do {}", dollar_quoted(&body))))
}

/// The format of the statement: the part's name, its table, the text.
fn spelled(address: &str) -> String {
    let address = address.replacen("%I", "%1$I", 1);
    let address = match address.contains(" on ") {
        true => address.replacen("%s", "%2$s", 1),
        false => address.replacen("%s", "%1$s", 1),
    };
    format!("comment on {address} is %3$L")
}

fn of_index(index: &str) -> String {
    format!(
        "select i.indexrelid::regclass into part\n  from pg_partition_tree({}) p\n  join pg_index i on i.indexrelid = p.relid\n  where i.indrelid",
        sql::literal(index)
    )
}

/// `prefix` begins the catalog's columns, as in `tgname` and `tgrelid`.
fn of_catalog(catalog: &str, prefix: &str, relation: &str, name: &str) -> String {
    format!(
        "with recursive x as (\n    select oid, {prefix}name as name, {prefix}relid as relation\n    from {catalog}\n    where {prefix}relid = to_regclass({}) and {prefix}name = {name}\n    union all\n    select c.oid, c.{prefix}name, c.{prefix}relid\n    from x\n    join {catalog} c on c.{prefix}parentid = x.oid\n  )\n  select x.name into part\n  from x\n  where x.relation",
        sql::literal(relation)
    )
}
