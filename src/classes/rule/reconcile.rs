//! Rules: replaced in place, switched on and off through their table.

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, address_on};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| address_on("rule", object),
    rename: renamed,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let definition = site.text("definition");
    let definition = definition.strip_prefix("CREATE RULE").map_or_else(
        || definition.to_owned(),
        |rest| format!("create or replace rule{rest}"),
    );
    let mut statements = vec![locked(site, definition)];
    if site.text("enabled") != "origin" {
        statements.push(firing(site));
    }
    statements
}

fn firing(site: &Site<'_>) -> Statement {
    let word = match site.text("enabled") {
        "disabled" => "disable",
        "replica" => "enable replica",
        "always" => "enable always",
        _ => "enable",
    };
    let (relation, name) = (site.parent_path(), site.own_name());
    locked(site, format!("alter table {relation} {word} rule {name}"))
}

fn locked(site: &Site<'_>, sql: String) -> Statement {
    Statement::new(sql).lock(site, Lock::AccessExclusive, site.parent_path())
}

fn renamed(from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let (table, name) = (from.parent_path(), to.own_name());
    let text = format!("alter rule {} on {table} rename to {name}", from.own_name());
    let rows = format!(
        "select from pg_rewrite where ev_class = to_regclass({})",
        sql::literal(table)
    );
    Some(renaming::inside(&text, (&rows, "rulename"), from, to))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let (relation, name) = (site.parent_path(), site.own_name());
    vec![locked(
        site,
        format!("drop rule if exists {name} on {relation}"),
    )]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("definition") {
        return Alteration::Replace;
    }
    Alteration::Steps(vec![firing(site)])
}
