//! Event triggers: made anew for all but whether they fire.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("event trigger", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let tags: Vec<String> = site
        .list("tags")
        .into_iter()
        .map(|tag| sql::literal(tag).trim_start().to_owned())
        .collect();
    let when = if tags.is_empty() {
        String::new()
    } else {
        format!("\n  when tag in ({})", tags.join(", "))
    };
    let mut statements = drop(site);
    statements.push(Statement::new(format!(
        "create event trigger {} on {}{when}\n  execute function {}()",
        site.path(),
        site.text("event"),
        site.text("function")
    )));
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
    Statement::new(format!("alter event trigger {} {word}", site.path()))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop event trigger if exists {}",
        site.path()
    ))]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.iter().any(|fact| *fact != "enabled") {
        return Alteration::Replace;
    }
    Alteration::Steps(vec![firing(site)])
}
