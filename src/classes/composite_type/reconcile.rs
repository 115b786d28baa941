//! Composite types: attributes are added, dropped and retyped; the order is kept by adding from there on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::classes::column::reconcile::columns_of_type;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, dollar_quoted, drop_while, exists_in, head_and_name,
    plain_address,
};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    rename: |from, to| renaming::data_type("type", from, to),
    remakes,
    heirs,
    ..Rules::NONE
};

/// Name, type and collation of each attribute.
fn list(object: &Object) -> Vec<(String, String, Option<String>)> {
    let list = object.facts.get("attributes").and_then(Value::as_array);
    let text =
        |parts: &[Value], at: usize| parts.get(at).and_then(Value::as_str).map(str::to_owned);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .filter_map(|parts| Some((text(parts, 0)?, text(parts, 1)?, text(parts, 2))))
        .collect()
}

/// Name and definition of each attribute, as SQL says them.
fn attributes(object: &Object) -> Vec<(String, String)> {
    let definition = |(name, kind, collation): (String, String, Option<String>)| {
        let collation = collation.map_or_else(String::new, |name| format!(" collate {name}"));
        (sql::identifier(&name), format!("{kind}{collation}"))
    };
    list(object).into_iter().map(definition).collect()
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!("to_regtype({}) is null", sql::literal(site.path()));
    let list: Vec<String> = attributes(site.object)
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    let make = format!("create type {} as ({})", site.path(), list.join(", "));
    let mut statements = vec![Statement::guarded(&missing, &make)];
    statements.extend(without_defaults(site, "type"));
    statements
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let is_there = exists_in(
        site.path(),
        "pg_type",
        "typ",
        " and typtype = 'c' and exists (select from pg_class where oid = typrelid and relkind = 'c')",
    );
    vec![drop_while(site, "type", &is_there)]
}

/// Tables of the type.
fn tables<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    let dependents = site.other.dependents(&site.object.id).iter();
    let tables = dependents.filter_map(|id| site.other.get(id));
    tables
        .filter(|table| table.text("of_type").is_some())
        .collect()
}

/// How many attributes, from the first on, stay, with other types perhaps. What stands in columns cannot get attributes
/// of other types; rows of tables of the type can.
fn staying(site: &Site<'_>, there: &Object) -> usize {
    let (wanted, live) = (attributes(site.object), attributes(there));
    let is_in_columns = !columns_of_type(site.other, &site.object.id).is_empty();
    let can_retype = !tables(site).is_empty() && !is_in_columns;
    let pairs = wanted.iter().zip(&live);
    pairs
        .take_while(|(a, b)| a == b || can_retype && a.0 == b.0)
        .count()
}

/// Columns that go with their attributes, and come again with them.
fn remakes(site: &Site<'_>, there: &Object) -> Vec<ObjectId> {
    let gone = attributes(there).split_off(staying(site, there));
    let columns = tables(site).into_iter().flat_map(|table| {
        let names = gone
            .iter()
            .map(|(name, _)| format!("{}.{name}", table.id.path));
        names.collect::<Vec<_>>()
    });
    let mut remade: Vec<ObjectId> = columns
        .map(|path| ObjectId::new(ClassName::new("column"), path))
        .collect();
    // What names an attribute would hold it.
    let holds = |id: &&&ObjectId| {
        ["index", "constraint", "statistics", "default"].contains(&id.class.as_str())
    };
    let dependents = site.other.dependents(&site.object.id).iter();
    if staying(site, there) < attributes(there).len() {
        remade.extend(dependents.filter(holds).map(|id| (*id).clone()));
    }
    remade
}

/// Columns of tables of the type whose attributes are not those of the other side.
fn heirs(site: &Site<'_>) -> Vec<ObjectId> {
    let Some(there) = site.other.get(&site.object.id) else {
        return Vec::new();
    };
    let (own, others) = (attributes(site.object), attributes(there));
    let same = own.iter().zip(&others).take_while(|(a, b)| a == b).count();
    let names: BTreeSet<&String> = own[same..]
        .iter()
        .chain(&others[same..])
        .map(|(name, _)| name)
        .collect();
    let columns = tables(site).into_iter().flat_map(|table| {
        let paths = names.iter().map(|name| format!("{}.{name}", table.id.path));
        paths.collect::<Vec<_>>()
    });
    columns
        .map(|path| ObjectId::new(ClassName::new("column"), path))
        .collect()
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (attributes(site.object), attributes(there));
    let has_tables = !tables(site).is_empty();
    // What is there is known only at the beginning: the second time nothing is dropped again.
    let printed: Vec<String> = list(site.object)
        .into_iter()
        .map(|(name, kind, collation)| {
            let collation = collation.map(|name| head_and_name(&name).1.to_owned());
            let collation = sql::parts(&collation.unwrap_or_default()).concat();
            sql::literal(&format!("{name} {kind} {collation}"))
        })
        .collect();
    let cascade = if has_tables { " cascade" } else { "" };
    let is_in_columns = !columns_of_type(site.other, &site.object.id).is_empty();
    let same = staying(site, there);
    let retyped = wanted[..same].iter().zip(&live).filter(|(a, b)| a != b);
    let mut body = format!(
        "begin\n  if (select array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || coalesce(c.collname, '') order by a.attnum) from pg_attribute a left join pg_type t on t.oid = a.atttypid left join pg_collation c on c.oid = a.attcollation and c.oid <> t.typcollation where a.attrelid = (select typrelid from pg_type where oid = {}::regtype) and a.attnum > 0 and not a.attisdropped) is distinct from array[{}]::text[] then\n",
        sql::literal(site.path()),
        printed.join(", ")
    );
    for ((name, kind), _) in retyped {
        body += &format!(
            "    alter type {} alter attribute {name} type {kind}{cascade};\n",
            site.path()
        );
    }
    for (name, _) in &live[same..] {
        body += &format!(
            "    alter type {} drop attribute if exists {name}{cascade};\n",
            site.path()
        );
    }
    for (name, kind) in &wanted[same..] {
        body += &format!(
            "    alter type {} add attribute {name} {kind}{cascade};\n",
            site.path()
        );
    }
    body += "  end if;\nend";
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if (has_tables || is_in_columns) && live.len() > same {
        statement = statement.losing("drop-attribute");
    }
    Alteration::Disturbing(vec![statement])
}
