//! Security labels: set, or set to null, where their provider is loaded.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, dollar_quoted, split_outside_quotes,
};
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
    // A scratch does not have the provider; the rest of a plan can be proven all the same.
    let body = format!(
        "begin\n  security label for {provider} on {address} is {label};\nexception when invalid_parameter_value then\n  raise warning '%', sqlerrm;\nend"
    );
    vec![Statement::new(format!("do {}", dollar_quoted(&body)))]
}
