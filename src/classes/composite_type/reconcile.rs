//! Composite types: attributes are added, dropped and retyped; the order is kept by adding from there on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::classes::column::reconcile::columns_of_type;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, drop_while, exists_in, plain_address,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    rename: |from, to| renaming::data_type("type", from, to),
    ..Rules::NONE
};

/// Name and definition of each attribute.
fn attributes(object: &Object) -> Vec<(String, String)> {
    let list = object.facts.get("attributes").and_then(Value::as_array);
    let text =
        |parts: &[Value], at: usize| parts.get(at).and_then(Value::as_str).map(str::to_owned);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .filter_map(|parts| {
            let (name, mut kind) = (sql::identifier(&text(parts, 0)?), text(parts, 1)?);
            if let Some(collation) = text(parts, 2) {
                kind = format!("{kind} collate {collation}");
            }
            Some((name, kind))
        })
        .collect()
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
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typtype = 'c'");
    vec![drop_while(site, "type", &is_there)]
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (attributes(site.object), attributes(there));
    let is_used = !columns_of_type(site.other, &site.object.id).is_empty();
    if !is_used {
        return Alteration::Replace;
    }
    let same = wanted.iter().zip(&live).take_while(|(a, b)| a == b).count();
    let mut statements = Vec::new();
    for (name, _) in &live[same..] {
        let action = format!("alter type {} drop attribute if exists {name}", site.path());
        statements.push(Statement::new(action).losing("drop-attribute"));
    }
    for (name, kind) in &wanted[same..] {
        statements.push(Statement::new(format!(
            "alter type {} add attribute {name} {kind}",
            site.path()
        )));
    }
    Alteration::Steps(statements)
}
