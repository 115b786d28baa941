//! Sequences: altered in place; one that belongs to an identity column is made with the column.

use std::collections::BTreeSet;

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Disturbance, Rules, Site, Statement, dollar_quoted, drop_while, head_and_name,
    is_relation, plain_address,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("sequence", object),
    granted_as: Some("sequence"),
    disturbance: |_| Disturbance::Survives,
    data: |_| Some("drop-sequence"),
    is_harmless: true,
    rename: |from, to| renaming::relation("sequence", from, to),
    comes_along: is_identity,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    if is_identity(site) {
        let mut statements: Vec<Statement> = renamed_identity(site).into_iter().collect();
        statements.extend(without_defaults(site, "sequence"));
        return statements;
    }
    let unlogged = if site.text("persistence") == "unlogged" {
        "unlogged "
    } else {
        ""
    };
    let mut statements = vec![Statement::new(format!(
        "create {unlogged}sequence if not exists {} {}",
        site.path(),
        options(site.object)
    ))];
    statements.extend(without_defaults(site, "sequence"));
    if let Some(column) = site.object.text("owned_by") {
        statements.push(owned_by(site, column).late());
    }
    statements
}

/// A column's sequence belongs to whoever has the column's table, and has to beforehand.
fn owned_by(site: &Site<'_>, column: &str) -> Statement {
    let body = format!("begin\n  {}\nend", given_to(site.path(), column));
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

/// What gives a sequence to a column, and to the owner of its table before, in a block.
pub(in crate::classes) fn given_to(path: &str, column: &str) -> String {
    let owner = |relation: &str| {
        format!(
            "(select relowner from pg_class where oid = to_regclass({}))",
            sql::literal(relation)
        )
    };
    let (own, tables) = (owner(path), owner(head_and_name(column).0));
    format!(
        "if {own} <> {tables} then\n    alter sequence {path} owned by none;\n    execute {} || quote_ident(pg_get_userbyid({tables}));\n  end if;\n  alter sequence {path} owned by {column};",
        sql::literal(&format!("alter sequence {path} owner to ")),
    )
}

fn is_identity(site: &Site<'_>) -> bool {
    site.parent()
        .is_some_and(|parent| parent.text("identity").is_some())
}

/// All options, in words that `create sequence` and `generated … as identity (…)` both take.
pub(in crate::classes) fn options(object: &Object) -> String {
    let number = |fact: &str| {
        object
            .facts
            .get(fact)
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let cycle = if object.is("cycle") {
        "cycle"
    } else {
        "no cycle"
    };
    format!(
        "as {} start with {} increment by {} minvalue {} maxvalue {} cache {} {cycle}",
        object.text("type").unwrap_or("bigint"),
        number("start"),
        number("increment"),
        number("min"),
        number("max"),
        number("cache"),
    )
}

/// An identity that is there with a sequence of another name gets one of this name.
fn renamed_identity(site: &Site<'_>) -> Option<Statement> {
    let column = site.parent()?;
    let there = site.other.get(&column.id)?;
    there.text("identity")?;
    let identity = column.text("identity")?;
    let mut children = site.other.children(&there.id).iter();
    let old = &children
        .find(|child| child.id.class == site.object.id.class)?
        .id
        .path;
    let (table, name) = head_and_name(&column.id.path);
    let path = site.path();
    let options = options(site.object);
    let options = options
        .split_once(" start")
        .map_or(options.clone(), |(_, rest)| format!("start{rest}"));
    let body = format!(
        "declare\n  last bigint;\n  called boolean;\nbegin\n  if to_regclass({}) is null then\n    select last_value, is_called into last, called from {old};\n    alter table {table} alter column {name} drop identity;\n    alter table {table} alter column {name} add generated {identity} as identity (sequence name {path} {options});\n    perform setval({}, last, called);\n  end if;\nend",
        sql::literal(path),
        sql::literal(path),
    );
    Some(Statement::new(format!("do {}", dollar_quoted(&body))))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    if is_identity(site) {
        // It goes with the identity.
        return vec![Statement::new("")];
    }
    vec![drop_while(site, "sequence", &is_relation(site, "'S'"))]
}

/// A position outside of narrower bounds starts again; any other is kept.
fn respelled(site: &Site<'_>, there: &Object) -> Statement {
    let path = site.path();
    let alter = format!("alter sequence {path} {}", options(site.object));
    let number = |object: &Object, fact: &str| {
        object
            .facts
            .get(fact)
            .and_then(serde_json::Value::as_i64)
            .unwrap_or_default()
    };
    let (least, most) = (number(site.object, "min"), number(site.object, "max"));
    if least <= number(there, "min") && most >= number(there, "max") {
        return Statement::new(alter);
    }
    let body = format!(
        "begin\n  if (select last_value not between {least} and {most} from {path}) then\n    {alter} restart;\n  else\n    {alter};\n  end if;\nend"
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let path = site.path();
    let mut statements = Vec::new();
    if facts
        .iter()
        .any(|fact| !["owned_by", "persistence"].contains(fact))
    {
        statements.push(respelled(site, there));
    }
    if facts.contains("persistence") {
        let word = if site.text("persistence") == "unlogged" {
            "unlogged"
        } else {
            "logged"
        };
        statements.push(Statement::new(format!("alter sequence {path} set {word}")));
    }
    if facts.contains("owned_by") && !is_identity(site) {
        statements.push(match site.object.text("owned_by") {
            Some(column) => owned_by(site, column),
            None => Statement::new(format!("alter sequence {path} owned by none")),
        });
    }
    Alteration::Steps(statements)
}
