//! Security labels: set, or set to null, where their provider is loaded.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{Alteration, Rules, Site, Statement, split_outside_quotes};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| statement(site, "null"),
    alter: |site, _: &Object, _: &BTreeSet<&str>| Alteration::Steps(create(site)),
    goes_along: true,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    statement(site, sql::literal(site.text("label")).trim_start())
}

fn statement(site: &Site<'_>, label: &str) -> Vec<Statement> {
    let Some(parent) = site.parent() else {
        return Vec::new();
    };
    let Some(class) = Class::named(parent.id.class.as_str()) else {
        return Vec::new();
    };
    let own = site.path();
    let after = own
        .find(&*parent.id.path)
        .map_or("", |at| &own[at + parent.id.path.len()..]);
    let Some((column, provider)) = split_outside_quotes(after, " for ") else {
        return Vec::new();
    };
    // A column of a view hands its label up.
    let address = match column.strip_prefix('.') {
        Some(column) => format!("column {}.{column}", parent.id.path),
        None => (class.rules.address)(parent),
    };
    let mut statement = Statement::new(format!(
        "security label for {provider} on {address} is {label}"
    ));
    statement.risk.can_fail = Some("where the label's provider is not loaded".to_owned());
    vec![statement]
}
