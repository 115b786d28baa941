//! Views: replaced in place while the columns they have stay first.

use std::collections::BTreeSet;

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, drop_while, is_relation, plain_address,
    split_outside_quotes, texts,
};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("view", object),
    granted_as: Some("table"),
    rename: |from, to| renaming::relation("view", from, to),
    outline: |site| Some(outline(site)),
    ..Rules::NONE
};

/// The columns without a query.
fn outline(site: &Site<'_>) -> Statement {
    let columns = site.list("columns").into_iter().filter_map(|column| {
        let (name, kind) = split_outside_quotes(column, " ")?;
        let (kind, collation) = match split_outside_quotes(kind, " collate ") {
            Some((kind, name)) => (kind, format!(" collate {name}")),
            None => (kind, String::new()),
        };
        Some(format!("null::{kind}{collation} as {name}"))
    });
    let columns: Vec<String> = columns.collect();
    let path = site.path();
    Statement::new(format!(
        "create or replace view {path} as select {}",
        columns.join(", ")
    ))
}

const OPTIONS: &[&str] = &["check_option", "security_barrier", "security_invoker"];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![definition(site)];
    statements.extend(without_defaults(site, "table"));
    statements
}

fn definition(site: &Site<'_>) -> Statement {
    let options = options(site.object);
    let with = if options.is_empty() {
        String::new()
    } else {
        format!(" with ({})", options.join(", "))
    };
    let query = site.text("definition").trim_end().trim_end_matches(';');
    Statement::new(format!(
        "create or replace view {}{with} as\n{query}",
        site.path()
    ))
}

fn options(object: &Object) -> Vec<String> {
    let value = |name: &&str| {
        let text = object.text(name).map(str::to_owned);
        text.or_else(|| object.is(name).then(|| "true".to_owned()))
            .map(|value| format!("{name} = {value}"))
    };
    OPTIONS.iter().filter_map(value).collect()
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![drop_while(site, "view", &is_relation(site, "'v'"))]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (texts(site.object, "columns"), texts(there, "columns"));
    if facts.contains("columns") || facts.contains("definition") {
        if live.is_empty() || !wanted.starts_with(&live) {
            return Alteration::Replace;
        }
        // What depends on it sees the same columns and stays.
        return Alteration::Steps(vec![definition(site)]);
    }
    let mut statements = Vec::new();
    for name in OPTIONS.iter().filter(|name| facts.contains(**name)) {
        let set = options(site.object)
            .into_iter()
            .find(|option| option.starts_with(name));
        statements.push(Statement::new(match set {
            Some(option) => format!("alter view {} set ({option})", site.path()),
            None => format!("alter view {} reset ({name})", site.path()),
        }));
    }
    Alteration::Steps(statements)
}
