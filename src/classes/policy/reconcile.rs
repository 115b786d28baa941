//! Policies: dropped and made anew in the one transaction, so that there is no moment without them.

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, address_on};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| address_on("policy", object),
    is_harmless: true,
    rename: renamed,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let kind = if site.object.is("permissive") {
        "permissive"
    } else {
        "restrictive"
    };
    let roles: Vec<String> = site.list("roles").into_iter().map(role).collect();
    let mut text = format!(
        "create policy {} on {}\n  as {kind} for {} to {}",
        site.own_name(),
        site.parent_path(),
        site.text("command"),
        roles.join(", ")
    );
    for (word, fact) in [("using", "using"), ("with check", "check")] {
        if let Some(expression) = site.object.text(fact) {
            text += &format!("\n  {word} ({expression})");
        }
    }
    // What is made anew was dropped by a step of its own.
    let is_anew = site.other.get(&site.object.id).is_some();
    let mut statements = if is_anew { Vec::new() } else { drop(site) };
    statements.push(Statement::new(text).lock(site, Lock::AccessExclusive, site.parent_path()));
    statements
}

/// A role as SQL names it; PUBLIC is no role.
pub(in crate::classes) fn role(name: &str) -> String {
    if name == "PUBLIC" {
        "public".to_owned()
    } else {
        sql::identifier(name)
    }
}

fn renamed(from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let (table, name) = (from.parent_path(), to.own_name());
    let text = format!(
        "alter policy {} on {table} rename to {name}",
        from.own_name()
    );
    let rows = format!(
        "select from pg_policy where polrelid = to_regclass({})",
        sql::literal(table)
    );
    Some(renaming::inside(&text, (&rows, "polname"), from, to))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![
        Statement::new(format!(
            "drop policy if exists {} on {}",
            site.own_name(),
            site.parent_path()
        ))
        .lock(site, Lock::AccessExclusive, site.parent_path()),
    ]
}

fn alter(_: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Replace
}
