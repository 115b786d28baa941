//! Range types: nothing of one can be altered, so a new one takes the old one's place.

use std::collections::BTreeSet;

use crate::classes::base_type::reconcile::{drop_type, made_with, shell};
use crate::classes::function::reconcile::create as create_function;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, clauses, dollar_quoted, exists_in, head_and_name,
    plain_address, put_aside,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| drop_type(site, "'r'", ""),
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    // A function that spells its values alike takes the type before there is one.
    absorbs: |site| made_with(site).iter().map(|f| f.id.clone()).collect(),
    rename: |from, to| renaming::data_type("type", from, to),
    ..Rules::NONE
};

const CLAUSES: &[(&str, &str)] = &[
    ("subtype", "subtype"),
    ("operator_class", "subtype_opclass"),
    ("collation", "collation"),
    ("canonical", "canonical"),
    ("difference", "subtype_diff"),
];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let functions = made_with(site);
    let mut statements = Vec::new();
    if !functions.is_empty() {
        statements.push(shell(site));
        for function in functions {
            statements.extend(create_function(&site.at(function)));
        }
    }
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typisdefined");
    statements.push(Statement::guarded(
        &format!("not {is_there}"),
        &definition(site, site.path(), site.text("multirange")),
    ));
    statements.extend(without_defaults(site, "type"));
    statements
}

fn definition(site: &Site<'_>, path: &str, multirange: &str) -> String {
    let mut known = clauses(site.object, CLAUSES);
    if site.major >= 14 && site.object.text("multirange").is_some() {
        known.push(format!("multirange_type_name = {multirange}"));
    }
    format!("create type {path} as range ({})", known.join(", "))
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let canonical = facts.contains("canonical") || !made_with(site).is_empty();
    let names = [site.object, there].map(|object| object.text("multirange"));
    match names {
        [Some(wanted), Some(live)] if facts.len() == 1 && wanted != live => {
            Alteration::Steps(rename_multirange(live, wanted))
        }
        // Its functions know the type by name: they have to go and come with it.
        _ if canonical => Alteration::Replace,
        _ => Alteration::Swap(vec![swap(site, there, facts)]),
    }
}

fn rename_multirange(live: &str, wanted: &str) -> Vec<Statement> {
    let ((schema, name), (new_schema, new_name)) = (head_and_name(live), head_and_name(wanted));
    let is_there = exists_in(live, "pg_type", "typ", " and typtype = 'm'");
    let mut change = Vec::new();
    if name != new_name {
        change.push(format!("alter type {live} rename to {new_name}"));
    }
    if schema != new_schema {
        change.push(format!(
            "alter type {schema}.{new_name} set schema {new_schema}"
        ));
    }
    vec![Statement::guarded(&is_there, &change.join(";\n    "))]
}

/// Columns go over to a new type of another name while the old one makes room, and back to its own name: the
/// constructors of a range are the server's, so that nobody can rename them. Indexes are carried along.
fn swap(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Statement {
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let schema = sql::parts(schema).concat();
    let aside = |suffix: &str| {
        let name = put_aside(name, suffix);
        sql::qualified(&[&schema, &name])
    };
    let (moving, many_moving) = (aside("moving"), aside("moving_many"));
    let many = site.text("multirange");
    let columns = columns(site, there.text("multirange"));
    let over = |range: &str, many: &str| -> String {
        let actions = columns.iter().map(|(column, kind)| {
            let (table, name) = head_and_name(&column.id.path);
            let bare = kind.trim_end_matches("[]");
            let brackets = &kind[bare.len()..];
            let is_many = there.text("multirange") == Some(bare);
            let to = if is_many { many } else { range };
            format!(
                "  alter table {table} alter column {name} type {to}{brackets} using {name}::text::{to}{brackets};\n"
            )
        });
        actions.collect()
    };
    let body = format!(
        "begin\n  if not {} then\n    return;\n  end if;\n  {};\n{}  drop type {path};\n  {};\n{}  drop type {moving};\nend",
        differs(site, facts),
        definition(site, &moving, &many_moving),
        over(&moving, &many_moving),
        definition(site, path, many),
        over(path, many),
    );
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some((column, _)) = columns.first() {
        let (table, _) = head_and_name(&column.id.path);
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .rewriting(site)
            .can_fail(site, "where a value is no value of the new type");
    }
    statement
}

/// Columns of the type, of its multirange and of arrays of them, with their type.
fn columns<'a>(site: &Site<'a>, multirange: Option<&str>) -> Vec<(&'a Object, &'a str)> {
    let dependents = site.other.dependents(&site.object.id).iter();
    let columns = dependents.filter(|id| id.class.as_str() == "column");
    columns
        // What goes is gone by then.
        .filter(|id| site.whole.get(id).is_some())
        .filter_map(|id| {
            let column = site.other.get(id)?;
            Some((column, column.text("type")?))
        })
        .filter(|(_, kind)| {
            let bare = kind.trim_end_matches("[]");
            bare == site.path() || Some(bare) == multirange
        })
        .collect()
}

/// Whether the type that is there is still the old one.
fn differs(site: &Site<'_>, facts: &BTreeSet<&str>) -> String {
    let conditions = facts.iter().map(|fact| {
        let value = site.object.text(fact);
        let literal = sql::literal(value.unwrap_or_default());
        let of_class = |name: &str| exists_in(name, "pg_opclass", "opc", " and oid = r.rngsubopc");
        match (*fact, value) {
            ("subtype", _) => format!("r.rngsubtype <> {literal}::regtype"),
            ("operator_class", Some(name)) => format!("not {}", of_class(name)),
            ("collation", Some(_)) => format!("r.rngcollation <> to_regcollation({literal})"),
            ("collation", None) => {
                "r.rngcollation <> (select typcollation from pg_type where oid = r.rngsubtype)"
                    .to_owned()
            }
            ("difference", Some(_)) => format!("r.rngsubdiff <> {literal}::regproc"),
            ("difference", None) => "r.rngsubdiff <> 0".to_owned(),
            _ => "false".to_owned(),
        }
    });
    let conditions: Vec<String> = conditions.collect();
    format!(
        "exists (select from pg_range r where r.rngtypid = {}::regtype and ({}))",
        sql::literal(site.path()),
        conditions.join(" or ")
    )
}
