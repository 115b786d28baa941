//! The index behind a key or an exclusion: it has the constraint's name and is no object of its own.

use std::collections::BTreeSet;

use crate::classes::index::reconcile::{clustered as index_clustered, names};
use crate::classes::rules::{Site, Statement, head_and_name};
use crate::classes::table::reconcile::{changed_options, is_filled_later};
use crate::contract::Object;

/// Facts that are the index's and change without the constraint.
pub(super) const FACTS: [&str; 4] = ["options", "tablespace", "clustered", "part_names"];

/// The index' name: it stands among relations, so that two keys of a schema cannot share theirs.
pub(super) fn relation(object: &Object) -> Option<String> {
    let table = object.parent.as_ref()?;
    let is_backed = ["primary key", "unique", "exclusion"].contains(&object.text("kind")?);
    let name = object.id.path.strip_prefix(&*table.path)?;
    is_backed.then(|| format!("{}{name}", head_and_name(&table.path).0))
}

/// What it carries that the constraint's definition cannot say.
pub(super) fn of_new(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let Some(table) = site.parent() else {
        return statements;
    };
    let (path, name) = (&table.id.path, site.own_name());
    let identity = table.text("replica_identity");
    if identity.and_then(|text| text.strip_prefix("index ")) == Some(name) {
        let text = format!("alter table {path} replica identity using index {name}");
        let statement = Statement::new(&text);
        statements.push(match is_filled_later(&site.at(table)) {
            true => statement.after(text),
            false => statement,
        });
    }
    if site.object.is("clustered") {
        statements.push(clustered(site));
    }
    if site.text("kind") == "exclusion" && site.object.text("tablespace").is_some() {
        statements.push(moved(site));
    }
    statements.extend(names::of_new(site, &index(site)));
    statements
}

/// What becomes of it where the constraint stays.
pub(super) fn changed(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Vec<Statement> {
    let mut statements = Vec::new();
    if facts.contains("options") {
        let head = format!("alter index {}", index(site));
        statements.extend(changed_options(site, there, "options", &head));
    }
    if facts.contains("tablespace") {
        statements.push(moved(site));
    }
    if facts.contains("clustered") {
        statements.push(clustered(site));
    }
    if facts.contains("part_names") {
        let usual = match site.text("kind") {
            "primary key" => "t.relname || '_pkey'".to_owned(),
            "unique" => format!("{} || '_key'", names::USUAL),
            _ => format!("{} || '_excl'", names::USUAL),
        };
        statements.extend(names::changed(site, there, &index(site), &usual));
    }
    statements
}

fn index(site: &Site<'_>) -> String {
    let (schema, _) = head_and_name(site.parent_path());
    format!("{schema}.{}", site.own_name())
}

fn moved(site: &Site<'_>) -> Statement {
    let space = site.object.text("tablespace").unwrap_or("pg_default");
    Statement::new(format!(
        "alter index {} set tablespace {space}",
        index(site)
    ))
}

fn clustered(site: &Site<'_>) -> Statement {
    let is_so = site.object.is("clustered");
    index_clustered(site.parent_path(), &index(site), is_so)
}
