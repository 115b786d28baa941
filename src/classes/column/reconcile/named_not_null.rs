//! Not null as a constraint, which it is since Postgres 18: its name, and whom it binds.

use std::collections::BTreeSet;

use super::{heirs, inherited_from};
use crate::classes::rules::{Lock, Site, Statement, head_and_name};
use crate::contract::Object;
use crate::sql;

/// What follows the type of a column that refuses null.
pub(super) fn inline(site: &Site<'_>) -> String {
    if !is_validated(site.object) {
        return String::new();
    }
    let name = site.object.text("not_null_name");
    let name = name.map_or_else(String::new, |name| {
        format!(" constraint {}", sql::identifier(name))
    });
    format!("{name} not null{}", inheritance(site.object))
}

/// Sets it on a column that is there. Postgres 18 chooses a name that is free in the schema, also when a child has the usual one:
/// where that could differ from the one that is meant, it is said.
pub(super) fn set(site: &Site<'_>) -> String {
    let (table, column) = head_and_name(site.path());
    let is_chosen = site.object.text("not_null_name").is_none()
        && !site.object.is("not_null_no_inherit")
        && heirs(site).is_empty();
    if site.major < 18 || is_chosen {
        return format!("alter table {table} alter column {column} set not null");
    }
    let is_nullable = format!(
        "exists (select from pg_attribute where attrelid = {}::regclass and attname = {} and not attnotnull)",
        sql::literal(table),
        site.name_literal()
    );
    let add = format!(
        "alter table {table} add constraint {} not null {column}{}",
        sql::identifier(&name(site, site.object)),
        inheritance(site.object)
    );
    Statement::guarded(&is_nullable, &add).sql
}

/// The same as a statement, one with others of its table where it can be.
pub(super) fn statement(site: &Site<'_>) -> Statement {
    let (table, column) = head_and_name(site.path());
    match set(site) {
        block if block.starts_with("do ") => Statement::new(block),
        _ => Statement::action(table, format!("alter column {column} set not null")),
    }
}

/// What cannot be said inline, and what changed of it while null stays refused.
pub(super) fn settings(
    site: &Site<'_>,
    there: Option<(&Object, &BTreeSet<&str>)>,
) -> Vec<Statement> {
    let (table, column) = head_and_name(site.path());
    let name = name(site, site.object);
    let locked = |text: String| Statement::new(text).lock(site, Lock::AccessExclusive, table);
    let add = || {
        let text = format!(
            "alter table {table} add constraint {} not null {column}{} not valid",
            sql::identifier(&name),
            inheritance(site.object)
        );
        Statement::guarded(&format!("not {}", is_there(table, &name)), &text)
    };
    let is_loose = site.object.is("not_null") && !is_validated(site.object);
    let Some((there, facts)) = there.filter(|(_, facts)| !facts.contains("not_null")) else {
        return is_loose.then(add).into_iter().collect();
    };
    if facts.contains("not_null_validated") && is_loose {
        // What the parent demands cannot be given up, and changes with it.
        if inherited_from(site).is_some_and(|parent| parent.is("not_null") && !is_validated(parent))
        {
            return vec![Statement::new("")];
        }
        let drop = format!("alter table {table} alter column {column} drop not null");
        return vec![locked(drop), add()];
    }
    let mut statements = Vec::new();
    if facts.contains("not_null_name") {
        statements.push(renamed(site, there));
    }
    let constraint = sql::identifier(&name);
    if facts.contains("not_null_no_inherit") {
        let inherit = match site.object.is("not_null_no_inherit") {
            true => "no inherit",
            false => "inherit",
        };
        statements.push(locked(format!(
            "alter table {table} alter constraint {constraint} {inherit}"
        )));
    }
    if facts.contains("not_null_validated") {
        let validate = format!("alter table {table} validate constraint {constraint}");
        let validate = Statement::new(validate).lock(site, Lock::ShareUpdateExclusive, table);
        statements.push(
            validate
                .scanning(site)
                .can_fail(site, "where rows hold null"),
        );
    }
    statements
}

/// The condition that a table has a constraint of that name.
fn is_there(table: &str, name: &str) -> String {
    format!(
        "exists (select from pg_constraint where conrelid = {}::regclass and conname = {})",
        sql::literal(table),
        sql::literal(name)
    )
}

fn renamed(site: &Site<'_>, there: &Object) -> Statement {
    let table = head_and_name(site.path()).0;
    let before = name(site, there);
    let (from, to) = (
        sql::identifier(&before),
        sql::identifier(&name(site, site.object)),
    );
    let rename = format!("alter table {table} rename constraint {from} to {to}");
    Statement::guarded(&is_there(table, &before), &rename)
}

/// What heirs refuse already is called as it shall be before it is inherited: after that it keeps its name.
pub(super) fn renamed_heirs(site: &Site<'_>) -> Vec<Statement> {
    let heirs = heirs(site);
    let pairs = heirs
        .iter()
        .filter_map(|id| Some((site.whole.get(id)?, site.other.get(id)?)));
    let pairs = pairs.filter(|(wanted, live)| {
        let is_named = wanted.is("not_null") && live.is("not_null");
        is_named && wanted.text("not_null_name") != live.text("not_null_name")
    });
    pairs
        .map(|(wanted, live)| renamed(&site.at(wanted), live))
        .collect()
}

fn is_validated(column: &Object) -> bool {
    column.facts.get("not_null_validated") != Some(&false.into())
}

fn inheritance(column: &Object) -> &'static str {
    match column.is("not_null_no_inherit") {
        true => " no inherit",
        false => "",
    }
}

/// The name it has; the usual one goes without saying.
fn name(site: &Site<'_>, column: &Object) -> String {
    let parts = site.parts();
    let usual = || {
        format!(
            "{}_not_null",
            parts[parts.len().saturating_sub(2)..].join("_")
        )
    };
    column
        .text("not_null_name")
        .map_or_else(usual, str::to_owned)
}
