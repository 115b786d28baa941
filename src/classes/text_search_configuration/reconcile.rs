//! Text search configurations: each kind of token is mapped on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::classes::rules::{Alteration, Rules, Site, Statement, make_once, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop text search configuration if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("text search configuration", object),
    ..Rules::NONE
};

/// Dictionaries by kind of token.
fn mappings(object: &Object) -> BTreeMap<&str, String> {
    let map = object.facts.get("mappings").and_then(Value::as_object);
    let listed = map.into_iter().flatten();
    let text = |list: &Value| {
        let names = list.as_array().into_iter().flatten();
        let names: Vec<&str> = names.filter_map(Value::as_str).collect();
        names.join(", ")
    };
    listed.map(|(token, list)| (&**token, text(list))).collect()
}

/// One statement for each kind of token: what there was goes, what shall be comes.
fn map(site: &Site<'_>, token: &str, dictionaries: Option<&String>) -> Vec<Statement> {
    let head = format!("alter text search configuration {}", site.path());
    let token = sql::identifier(token);
    let mut statements = vec![Statement::new(format!(
        "{head} drop mapping if exists for {token}"
    ))];
    if let Some(dictionaries) = dictionaries {
        statements.push(Statement::new(format!(
            "{head} add mapping for {token} with {dictionaries}"
        )));
    }
    statements
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    let make = format!(
        "create text search configuration {path} (parser = {})",
        site.text("parser")
    );
    let mut statements = vec![make_once(path, "pg_ts_config", "cfg", "", &make)];
    for (token, dictionaries) in &mappings(site.object) {
        statements.extend(map(site, token, Some(dictionaries)));
    }
    statements
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("parser") {
        return Alteration::Replace;
    }
    let (wanted, live) = (mappings(site.object), mappings(there));
    let tokens: BTreeSet<&&str> = wanted.keys().chain(live.keys()).collect();
    let changed = tokens
        .into_iter()
        .filter(|token| wanted.get(**token) != live.get(**token));
    let statements = changed.flat_map(|token| map(site, token, wanted.get(*token)));
    Alteration::Steps(statements.collect())
}
