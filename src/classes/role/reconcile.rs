//! Roles: made without a password, changed attribute by attribute. One that goes takes its password along.

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{Alteration, Likeness, Rules, Site, Statement, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop role if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("role", object),
    data: |_| Some("drop-role"),
    is_harmless: true,
    rename: |from, to| Some(renaming::role(from, to)),
    likeness: Likeness::Mentions,
    ..Rules::NONE
};

/// What only a superuser may give or take, up to 15 at least.
const GUARDED: &[&str] = &["superuser", "replication", "bypassrls"];

/// What a new role has unless something else is said.
const USUAL: &[(&str, bool)] = &[
    ("superuser", false),
    ("bypassrls", false),
    ("createrole", false),
    ("createdb", false),
    ("replication", false),
    ("login", false),
    ("inherit", true),
];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    let is_missing = format!("to_regrole({}) is null", sql::literal(path));
    let mut statements = vec![Statement::guarded(
        &is_missing,
        &format!("create role {path}"),
    )];
    let facts = site.object.facts.keys().map(String::as_str);
    let told = facts.filter(|fact| {
        let usual = USUAL.iter().find(|(name, _)| name == fact);
        // One that is there already may have something else; only a superuser may say some of it again.
        !GUARDED.contains(fact) || usual.is_none_or(|(_, usual)| site.object.is(fact) != *usual)
    });
    statements.extend(attributes(site.object, &told.collect()));
    statements
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let statements = attributes(site.object, facts).into_iter();
    // What somebody may do on the whole server is settled before they may do more inside.
    Alteration::Steps(statements.map(Statement::first).collect())
}

fn attributes(object: &Object, facts: &BTreeSet<&str>) -> Vec<Statement> {
    let path = &object.id.path;
    let (guarded, plain): (Vec<&str>, Vec<&str>) =
        facts.iter().partition(|fact| GUARDED.contains(*fact));
    let mut statements = Vec::new();
    for fact in guarded {
        let mut statement = Statement::new(format!("alter role {path} {}", clause(object, fact)));
        statement.risk.can_fail =
            Some("up to Postgres 15 only a superuser may change this".to_owned());
        statements.push(match fact {
            "bypassrls" => statement,
            // A scratch runs what others wrote, and gives nobody a way out of it.
            _ => statement.unrehearsed(),
        });
    }
    if !plain.is_empty() {
        let clauses: Vec<String> = plain.iter().map(|fact| clause(object, fact)).collect();
        let statement = format!("alter role {path} {}", clauses.join(" "));
        statements.push(Statement::new(statement));
    }
    statements
}

fn clause(object: &Object, fact: &str) -> String {
    match fact {
        "connection_limit" => {
            let limit = object.facts.get(fact).and_then(serde_json::Value::as_i64);
            format!("connection limit {}", limit.unwrap_or(-1))
        }
        "valid_until" => {
            let until = object.text(fact).unwrap_or("infinity");
            format!("valid until {}", sql::literal(until).trim_start())
        }
        _ if object.is(fact) => fact.to_owned(),
        _ => format!("no{fact}"),
    }
}
