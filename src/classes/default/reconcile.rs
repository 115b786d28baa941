//! Defaults of columns, of tables and of views.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, head_and_name};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create: |site| statement(site, &format!("set default {}", site.text("expression"))),
    drop,
    alter,
    ..Rules::NONE
};

fn statement(site: &Site<'_>, action: &str) -> Vec<Statement> {
    let (relation, column) = head_and_name(site.path());
    let is_view = site
        .object
        .parent
        .as_ref()
        .is_some_and(|id| &*id.path == relation && id.class.as_str() == "view");
    // Tables that inherit the column have a default of their own.
    let word = if is_view { "view" } else { "table only" };
    let text = format!("alter {word} {relation} alter column {column} {action}");
    vec![Statement::new(text).lock(site, Lock::AccessExclusive, relation)]
}

/// What becomes an identity loses its default in the same statement.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let column = site
        .object
        .parent
        .as_ref()
        .and_then(|id| site.other.get(id));
    match column.is_some_and(|column| column.text("identity").is_some()) {
        true => vec![Statement::new("")],
        // On its way to a contract a table that has the column may be without it as yet.
        false
            if column.is_some_and(|column| column.text("generated").is_none())
                && site.other.get(&site.object.id).is_none() =>
        {
            let mut statements = statement(site, "drop default");
            for one in &mut statements {
                one.sql = one
                    .sql
                    .replacen("alter table only", "alter table if exists only", 1);
            }
            statements
        }
        false => statement(site, "drop default"),
    }
}

fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps((RULES.create)(site))
}
