//! Indexes: built concurrently on tables that are there.

mod building;
pub(in crate::classes) mod names;
mod parts;

use std::collections::BTreeSet;

use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Disturbance, Lock, Rules, Section, Site, Statement, drop_while, head_and_name,
    is_relation, plain_address, texts,
};
use crate::classes::table::reconcile::changed_options;
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    evaluates: true,
    create,
    drop,
    alter,
    address: |object| plain_address("index", object),
    disturbance: |_| Disturbance::Survives,
    rename: |from, to| renaming::relation("index", from, to),
    waits_for: names::tables,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let table = site.text("table");
    let is_partitioned = is_partitioned(site);
    let mut statement = Statement::new(definition(site, "")).scanning(site);
    if site.is_inside_new || is_partitioned {
        statement = statement.lock(site, Lock::Share, table);
    } else {
        statement.sql = definition(site, "concurrently ");
        statement =
            statement
                .after(definition(site, ""))
                .lock(site, Lock::ShareUpdateExclusive, table);
    }
    if site.object.is("unique") {
        statement = building::of_distinct(site, statement);
    }
    let mut statements = Vec::new();
    if statement.section == Section::After {
        statements.extend(building::without_leftover(site));
    }
    statements.push(statement);
    statements.extend(settings(site));
    statements.extend(parts::of_new(site));
    statements.extend(names::of_new(site, site.path()));
    statements
}

/// What can only be said once the index is there.
fn settings(site: &Site<'_>) -> Vec<Statement> {
    let (table, name) = (site.text("table"), head_and_name(site.path()).1);
    let mut statements = Vec::new();
    let identity = site
        .parent()
        .and_then(|table| table.text("replica_identity"));
    if identity.and_then(|text| text.strip_prefix("index ")) == Some(name) {
        statements.push(format!(
            "alter table {table} replica identity using index {name}"
        ));
    }
    if site.object.is("clustered") {
        statements.push(format!("alter table {table} cluster on {name}"));
    }
    for target in site.list("statistics") {
        if let Some((column, target)) = target.split_once(' ') {
            statements.push(format!(
                "alter index {} alter column {column} set statistics {target}",
                site.path()
            ));
        }
    }
    statements
        .into_iter()
        .map(|text| {
            if site.is_inside_new {
                Statement::new(text)
            } else {
                Statement::new(&text).after(text)
            }
        })
        .collect()
}

fn is_partitioned(site: &Site<'_>) -> bool {
    let table = site.parent();
    table.is_some_and(|table| table.text("partition_key").is_some())
}

fn definition(site: &Site<'_>, concurrently: &str) -> String {
    let object = site.object;
    // One that is not on every partition is made on the whole alone.
    let only = if is_partitioned(site) && !object.is("valid") {
        "only "
    } else {
        ""
    };
    let unique = if object.is("unique") { "unique " } else { "" };
    let mut text = format!(
        "create {unique}index {concurrently}if not exists {} on {only}{} using {} ({})",
        head_and_name(site.path()).1,
        site.text("table"),
        site.text("method"),
        site.list("keys").join(", ")
    );
    let include: Vec<String> = site
        .list("include")
        .into_iter()
        .map(sql::identifier)
        .collect();
    if !include.is_empty() {
        text += &format!(" include ({})", include.join(", "));
    }
    if object.is("nulls_not_distinct") {
        text += " nulls not distinct";
    }
    let options = site.list("options");
    if !options.is_empty() {
        text += &format!(" with ({})", options.join(", "));
    }
    if let Some(space) = object.text("tablespace") {
        text += &format!(" tablespace {space}");
    }
    if let Some(predicate) = object.text("predicate") {
        text += &format!(" where {predicate}");
    }
    text
}

/// Whether a key of the table has the name afterwards.
fn becomes_key(site: &Site<'_>) -> bool {
    let table = site
        .object
        .parent
        .as_ref()
        .map_or(&[][..], |id| site.other.children(id));
    let name = sql::parts(site.path()).pop();
    table.iter().any(|child| {
        child.id.class.as_str() == "constraint" && sql::parts(&child.id.path).pop() == name
    })
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    if site.joins_a_whole() {
        let own = format!(
            "to_regclass({0}) is not null and not exists (select from pg_inherits where inhrelid = to_regclass({0}))",
            sql::literal(site.path())
        );
        return vec![Statement::guarded(
            &own,
            &format!("drop index {}", site.path()),
        )];
    }
    if becomes_key(site) {
        // The second time it is the index behind the key.
        let alone = format!(
            "to_regclass({0}) is not null and not exists (select from pg_constraint where conindid = to_regclass({0}))",
            sql::literal(site.path())
        );
        return vec![Statement::guarded(
            &alone,
            &format!("drop index {}", site.path()),
        )];
    }
    let drop = drop_while(site, "index", &is_relation(site, "'i', 'I'"));
    vec![drop.lock(site, Lock::AccessExclusive, site.text("table"))]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let in_place = [
        "valid",
        "ready",
        "options",
        "clustered",
        "statistics",
        "tablespace",
        "parts",
        "part_names",
    ];
    let is_partitioned = is_partitioned(site);
    if facts.contains("valid") && !site.object.is("valid") && !is_partitioned {
        return Alteration::Impossible("an index cannot be made invalid");
    }
    if facts.iter().any(|fact| !in_place.contains(fact))
        || facts.contains("valid") && is_partitioned
    {
        return Alteration::Replace;
    }
    let path = site.path();
    let mut statements = Vec::new();
    if facts.contains("valid") || facts.contains("ready") {
        statements.push(rebuilt(site));
    }
    if facts.contains("options") {
        statements.extend(changed_options(
            site,
            there,
            "options",
            &format!("alter index {path}"),
        ));
    }
    if facts.contains("tablespace") {
        let space = site.object.text("tablespace").unwrap_or("pg_default");
        statements.push(Statement::new(format!(
            "alter index {path} set tablespace {space}"
        )));
    }
    if facts.contains("clustered") {
        let is_so = site.object.is("clustered");
        statements.push(clustered(site.text("table"), path, is_so));
    }
    if facts.contains("statistics") {
        statements.extend(targets(site, there));
    }
    if facts.contains("parts") {
        statements.extend(parts::changed(site, there));
    }
    if facts.contains("part_names") {
        let usual = format!("{} || '_idx'", names::USUAL);
        statements.extend(names::changed(site, there, path, &usual));
    }
    Alteration::Steps(statements)
}

/// What a table is ordered by; another of its indexes may have taken the place already.
pub(in crate::classes) fn clustered(table: &str, index: &str, is_so: bool) -> Statement {
    if is_so {
        let name = head_and_name(index).1;
        return Statement::new(format!("alter table {table} cluster on {name}"));
    }
    let still = format!(
        "exists (select from pg_index where indexrelid = to_regclass({}) and indisclustered)",
        sql::literal(index)
    );
    let without = format!("alter table {table} set without cluster");
    Statement::guarded(&still, &without)
}

fn rebuilt(site: &Site<'_>) -> Statement {
    let inline = format!("reindex index {}", site.path());
    let text = format!("reindex index concurrently {}", site.path());
    let statement = Statement::new(text).after(inline);
    statement
        .lock(site, Lock::ShareUpdateExclusive, site.text("table"))
        .scanning(site)
}

/// Statistics targets of expressions; what is gone goes back to what is usual.
fn targets(site: &Site<'_>, there: &Object) -> Vec<Statement> {
    let (wanted, live) = (site.list("statistics"), texts(there, "statistics"));
    let key = |target: &&str| target.split(' ').next().unwrap_or_default().to_owned();
    let kept: BTreeSet<String> = wanted.iter().map(key).collect();
    let gone = live
        .iter()
        .map(key)
        .filter(|key| !kept.contains(key))
        .map(|key| format!("{key} -1"));
    let set = wanted.iter().map(|target| (*target).to_owned());
    let targets = gone.chain(set).filter_map(|target| {
        let (column, target) = target.split_once(' ')?;
        let path = site.path();
        Some(Statement::new(format!(
            "alter index {path} alter column {column} set statistics {target}"
        )))
    });
    targets.collect()
}
