//! Triggers: made anew when they change, but for whether they fire.

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, address_on};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| address_on("trigger", object),
    rename: renamed,
    waits_for: |site| {
        switched(site)
            .map(|(table, _)| crate::classes::table::reconcile::table_of(&table))
            .collect()
    },
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    // What is made anew was dropped by a step of its own.
    let is_anew = !site.is_inside_new && site.other.get(&site.object.id).is_some();
    let mut statements = if is_anew { Vec::new() } else { drop(site) };
    statements.push(Statement::new(definition(site)).lock(
        site,
        Lock::ShareRowExclusive,
        site.parent_path(),
    ));
    if site.text("enabled") != "origin" {
        statements.push(firing(site, site.parent_path(), site.text("enabled")));
    }
    statements.extend(on_partitions(site));
    statements
}

/// What it fires on, with the columns of an update.
fn events(site: &Site<'_>) -> Vec<String> {
    let columns: Vec<String> = site
        .list("columns")
        .into_iter()
        .map(sql::identifier)
        .collect();
    site.list("events")
        .into_iter()
        .map(|event| match event {
            "update" if !columns.is_empty() => format!("update of {}", columns.join(", ")),
            event => event.to_owned(),
        })
        .collect()
}

fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let constraint = if object.is("constraint") {
        "constraint "
    } else {
        ""
    };
    let mut text = format!(
        "create {constraint}trigger {}\n  {} {} on {}",
        site.own_name(),
        site.text("timing"),
        events(site).join(" or "),
        site.parent_path()
    );
    if let Some(table) = object.text("from") {
        text += &format!("\n  from {table}");
    }
    if object.is("constraint") {
        text += match (object.is("deferrable"), object.is("initially_deferred")) {
            (true, true) => "\n  deferrable initially deferred",
            (true, false) => "\n  deferrable",
            (false, _) => "",
        };
    }
    let tables: Vec<String> = [("old", "old_table"), ("new", "new_table")]
        .iter()
        .filter_map(|(word, fact)| {
            Some(format!(
                "{word} table as {}",
                sql::identifier(object.text(fact)?)
            ))
        })
        .collect();
    if !tables.is_empty() {
        text += &format!("\n  referencing {}", tables.join(" "));
    }
    text += &format!("\n  for each {}", site.text("level"));
    if let Some(condition) = object.text("condition") {
        text += &format!("\n  when ({condition})");
    }
    let arguments: Vec<String> = site
        .list("function_arguments")
        .into_iter()
        .map(sql::literal)
        .collect();
    text += &format!(
        "\n  execute function {}({})",
        site.text("function"),
        arguments.join(", ")
    );
    text
}

fn firing(site: &Site<'_>, table: &str, state: &str) -> Statement {
    let word = match state {
        "disabled" => "disable",
        "replica" => "enable replica",
        "always" => "enable always",
        _ => "enable",
    };
    let action = format!("alter table {table} {word} trigger {}", site.own_name());
    Statement::new(action).lock(site, Lock::ShareRowExclusive, table)
}

/// Where it fires on a partition unlike on the whole.
fn on_partitions(site: &Site<'_>) -> Vec<Statement> {
    switched(site)
        .map(|(table, state)| firing(site, &table, &state))
        .collect()
}

/// Partitions on which it fires unlike on the whole, and how.
fn switched(site: &Site<'_>) -> impl Iterator<Item = (String, String)> {
    let list = site.object.facts.get("enabled_on_partitions").cloned();
    let pairs: Option<Vec<(String, String)>> =
        list.and_then(|list| serde_json::from_value(list).ok());
    pairs.unwrap_or_default().into_iter()
}

fn renamed(from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let (table, name) = (from.parent_path(), to.own_name());
    let text = format!(
        "alter trigger {} on {table} rename to {name}",
        from.own_name()
    );
    let rows = format!(
        "select from pg_trigger where tgrelid = to_regclass({})",
        sql::literal(table)
    );
    Some(renaming::inside(&text, (&rows, "tgname"), from, to))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    if site.joins_a_whole() {
        // The second time it is a part of what the whole has.
        let own = format!(
            "exists (select from pg_trigger where tgrelid = to_regclass({}) and tgname = {} and tgparentid = 0)",
            sql::literal(site.parent_path()),
            site.name_literal()
        );
        let drop = format!("drop trigger {} on {}", site.own_name(), site.parent_path());
        let drop = Statement::guarded(&own, &drop);
        return vec![drop.lock(site, Lock::AccessExclusive, site.parent_path())];
    }
    vec![
        Statement::new(format!(
            "drop trigger if exists {} on {}",
            site.own_name(),
            site.parent_path()
        ))
        .lock(site, Lock::AccessExclusive, site.parent_path()),
    ]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.iter().any(|fact| !fact.starts_with("enabled")) {
        return Alteration::Replace;
    }
    // Switched on a partitioned table it is switched on every partition.
    let mut statements = vec![firing(site, site.parent_path(), site.text("enabled"))];
    statements.extend(on_partitions(site));
    Alteration::Steps(statements)
}
