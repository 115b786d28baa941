//! Extended statistics: made anew for all but their target. They hold nothing that `analyze` does not find again.

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{Alteration, Disturbance, Lock, Rules, Site, Statement, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("statistics", object),
    disturbance: |object| match object.facts.contains_key("expressions") {
        // A column under an expression keeps its type while the expression is there.
        true => Disturbance::Recreate,
        false => Disturbance::Survives,
    },
    is_harmless: true,
    rename: |from, to| renaming::in_catalog("statistics", ("pg_statistic_ext", "stx"), from, to),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let kinds = site.list("kinds");
    let columns = site.list("columns").into_iter().map(sql::identifier);
    let expressions = site.list("expressions").into_iter();
    let covered: Vec<String> = columns
        .chain(expressions.map(|expression| format!("({expression})")))
        .collect();
    // One expression alone has no kinds.
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(" ({})", kinds.join(", "))
    };
    let table = site.text("table");
    let text = format!(
        "create statistics if not exists {}{kinds} on {} from {table}",
        site.path(),
        covered.join(", ")
    );
    let mut statements = vec![Statement::new(text).lock(site, Lock::ShareUpdateExclusive, table)];
    if site.object.facts.contains_key("target") {
        statements.push(target(site));
    }
    statements
}

fn target(site: &Site<'_>) -> Statement {
    let target = site.object.facts.get("target");
    let target = target.map_or("-1".to_owned(), ToString::to_string);
    Statement::new(format!(
        "alter statistics {} set statistics {target}",
        site.path()
    ))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop statistics if exists {}",
        site.path()
    ))]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.iter().any(|fact| *fact != "target") {
        return Alteration::Replace;
    }
    Alteration::Steps(vec![target(site)])
}
