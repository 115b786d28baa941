//! Base types: a shell first, then the functions that read and write values, then the type.

use std::collections::BTreeSet;

use crate::classes::column::reconcile::columns_of_type;
use crate::classes::function::reconcile::create as create_function;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, Whole, clauses, exists_in, head_and_name, make_once,
    plain_address,
};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    // Its functions take the type and it takes them: neither goes without the other.
    drop: |site| drop_type(site, "'b', 'p'", " cascade"),
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    absorbs: |site| made_with(site).iter().map(|f| f.id.clone()).collect(),
    ..Rules::NONE
};

/// The functions that a type cannot be without and that cannot be without the type.
pub(in crate::classes) fn made_with<'a>(site: &Site<'a>) -> Vec<&'a Object> {
    functions_of(site.whole, &site.object.id)
}

fn functions_of<'a>(whole: &'a Whole<'a>, id: &ObjectId) -> Vec<&'a Object> {
    let Some((id, needs)) = whole.contract.needs.get_key_value(id) else {
        return Vec::new();
    };
    needs
        .iter()
        .filter(|need| need.class.as_str() == "function")
        .filter(|need| whole.reaches(need, id))
        .filter_map(|need| whole.get(need))
        .collect()
}

/// Makes the name, so that functions can take the type.
pub(in crate::classes) fn shell(site: &Site<'_>) -> Statement {
    let make = format!("create type {}", site.path());
    make_once(site.path(), "pg_type", "typ", "", &make)
}

/// Drops a type; where another class of type has the name afterwards, only while it is still of this one.
pub(in crate::classes) fn drop_type(site: &Site<'_>, kinds: &str, cascade: &str) -> Vec<Statement> {
    // The second time it may be the successor that has functions of its own.
    let alone = [site.whole, site.other]
        .iter()
        .all(|whole| functions_of(whole, &site.object.id).is_empty());
    let cascade = if alone { cascade } else { " cascade" };
    let drop = format!("drop type if exists {}{cascade}", site.path());
    if !site.is_succeeded() {
        return vec![Statement::new(drop)];
    }
    let and = format!(" and typtype in ({kinds})");
    vec![Statement::guarded(
        &exists_in(site.path(), "pg_type", "typ", &and),
        &drop,
    )]
}

const FUNCTIONS: &[(&str, &str)] = &[
    ("input", "input"),
    ("output", "output"),
    ("receive", "receive"),
    ("send", "send"),
    ("typmod_in", "typmod_in"),
    ("typmod_out", "typmod_out"),
    ("analyze", "analyze"),
    ("subscript", "subscript"),
];

const CLAUSES: &[(&str, &str)] = &[
    ("alignment", "alignment"),
    ("storage", "storage"),
    ("preferred", "preferred"),
    ("element", "element"),
    ("collatable", "collatable"),
];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![shell(site)];
    if site.object.is("defined") {
        for function in made_with(site) {
            statements.extend(create_function(&site.at(function)));
        }
        let is_shell = exists_in(site.path(), "pg_type", "typ", " and not typisdefined");
        statements.push(Statement::guarded(&is_shell, &definition(site)));
        statements.extend(without_defaults(site, "type"));
    }
    statements
}

fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let mut parts = clauses(object, FUNCTIONS);
    if let Some(length) = object
        .facts
        .get("length")
        .and_then(serde_json::Value::as_i64)
    {
        parts.push(match length {
            -1 => "internallength = variable".to_owned(),
            length => format!("internallength = {length}"),
        });
    }
    if object.is("by_value") {
        parts.push("passedbyvalue".to_owned());
    }
    parts.extend(clauses(object, CLAUSES));
    for (fact, word) in [
        ("category", "category"),
        ("default", "default"),
        ("delimiter", "delimiter"),
    ] {
        if let Some(value) = object.text(fact) {
            parts.push(format!("{word} = {}", sql::literal(value).trim_start()));
        }
    }
    format!(
        "create type {} (\n  {}\n)",
        site.path(),
        parts.join(",\n  ")
    )
}

/// What `alter type … set` can set (documentation of ALTER TYPE); the rest takes a new type.
const SETTABLE: &[&str] = &[
    "receive",
    "send",
    "typmod_in",
    "typmod_out",
    "analyze",
    "subscript",
    "storage",
];

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let is_settable = |fact: &&str| SETTABLE.contains(fact);
    // A type whose values were never toasted cannot become one whose are, nor the other way.
    let is_plain = |object: &Object| object.text("storage") == Some("plain");
    let crosses = is_plain(site.object) != is_plain(there);
    if !facts.iter().all(is_settable) || crosses {
        return Alteration::Replace;
    }
    let changes: Vec<String> = facts
        .iter()
        .map(|fact| format!("{fact} = {}", site.object.text(fact).unwrap_or("none")))
        .collect();
    let mut statements = vec![Statement::new(format!(
        "alter type {} set ({})",
        site.path(),
        changes.join(", ")
    ))];
    if facts.contains("storage") {
        statements.extend(follow_storage(site));
    }
    Alteration::Steps(statements)
}

/// Columns keep the storage that the type had; those that say nothing of their own shall have the new one.
fn follow_storage(site: &Site<'_>) -> Vec<Statement> {
    let columns = columns_of_type(site.whole, &site.object.id);
    columns
        .into_iter()
        .filter(|column| column.text("storage").is_none() && site.other.get(&column.id).is_some())
        .map(|column| {
            let (table, name) = head_and_name(&column.id.path);
            let action = format!("alter column {name} set storage {}", site.text("storage"));
            Statement::action(table, action).lock(site, Lock::AccessExclusive, table)
        })
        .collect()
}
