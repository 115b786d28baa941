//! Buckets: rows that are inserted or updated; an emptied one alone can be deleted.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::classes::rules::{Alteration, Rules, Site, Statement};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    data: |_| Some("drop-bucket"),
    ..Rules::NONE
};

fn id(site: &Site<'_>) -> String {
    site.name_literal().trim_start().to_owned()
}

/// The columns that are compared, as SQL.
fn values(site: &Site<'_>) -> [(&'static str, String); 4] {
    let object = site.object;
    let name = object.text("name").map_or_else(
        || id(site),
        |name| sql::literal(name).trim_start().to_owned(),
    );
    let limit = object.facts.get("file_size_limit");
    let types = object
        .facts
        .get("allowed_mime_types")
        .and_then(Value::as_array);
    let types = types.map(|_| {
        let types = site
            .list("allowed_mime_types")
            .into_iter()
            .map(sql::literal);
        format!("array[{}]::text[]", types.collect::<Vec<_>>().join(", "))
    });
    [
        ("name", name),
        ("public", object.is("public").to_string()),
        (
            "file_size_limit",
            limit.map_or("null".to_owned(), Value::to_string),
        ),
        (
            "allowed_mime_types",
            types.unwrap_or_else(|| "null".to_owned()),
        ),
    ]
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let values = values(site);
    let columns: Vec<&str> = values.iter().map(|(column, _)| *column).collect();
    let texts: Vec<&str> = values.iter().map(|(_, text)| &**text).collect();
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    vec![Statement::new(format!(
        "insert into storage.buckets (id, {}) values ({}, {})\n  on conflict (id) do update set {}",
        columns.join(", "),
        id(site),
        texts.join(", "),
        set.join(", ")
    ))]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let mut statement = Statement::new(format!(
        "delete from storage.buckets where id = {}",
        id(site)
    ));
    statement.risk.can_fail = Some("where files are in it".to_owned());
    vec![statement]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let set: Vec<String> = values(site)
        .into_iter()
        .filter(|(column, _)| facts.contains(column))
        .map(|(column, text)| format!("{column} = {text}"))
        .collect();
    Alteration::Steps(vec![Statement::new(format!(
        "update storage.buckets set {} where id = {}",
        set.join(", "),
        id(site)
    ))])
}
