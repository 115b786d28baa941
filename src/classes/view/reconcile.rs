//! Views: replaced in place while the columns they have stay first.

use std::collections::BTreeSet;

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Rules, Site, Statement, dollar_quoted, drop_while, is_relation, plain_address,
    split_outside_quotes, texts,
};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("view", object),
    granted_as: Some("table"),
    rename: |from, to| renaming::relation("view", from, to),
    outline: |site| Some(outline(site)),
    waits_for: sorting,
    ..Rules::NONE
};

/// What makes an operator one to sort by, where a query says so.
pub(in crate::classes) fn sorting(site: &Site<'_>) -> Vec<ObjectId> {
    if !site.text("definition").contains(" USING OPERATOR(") {
        return Vec::new();
    }
    let needs = site.whole.contract.needs.get(&site.object.id);
    let needs = needs.into_iter().flatten();
    let operators = needs.filter(|need| need.class.as_str() == "operator");
    let users = operators.flat_map(|operator| site.whole.dependents(operator));
    let is_order =
        |id: &&&ObjectId| ["operator-class", "operator-family"].contains(&id.class.as_str());
    users.filter(is_order).map(|id| (*id).clone()).collect()
}

/// Name, type and collation of each column.
fn columns(object: &Object) -> Vec<(&str, &str, Option<&str>)> {
    let columns = texts(object, "columns").into_iter().filter_map(|column| {
        let (name, kind) = split_outside_quotes(column, " ")?;
        Some(match split_outside_quotes(kind, " collate ") {
            Some((kind, collation)) => (name, kind, Some(collation)),
            None => (name, kind, None),
        })
    });
    columns.collect()
}

/// The columns without a query.
fn empty(object: &Object) -> String {
    let columns = columns(object).into_iter();
    let columns = columns.map(|(name, kind, collation)| {
        let collation = collation.map_or_else(String::new, |name| format!(" collate {name}"));
        format!("null::{kind}{collation} as {name}")
    });
    let columns: Vec<String> = columns.collect();
    format!(
        "create or replace view {} as select {}",
        object.id.path,
        columns.join(", ")
    )
}

/// A view with the same columns and no query. Where the other side has others, it is that one's which is there the second
/// time.
fn outline(site: &Site<'_>) -> Statement {
    let other = site.other.get(&site.object.id);
    let Some(other) = other.filter(|other| columns(other) != columns(site.object)) else {
        return Statement::new(empty(site.object));
    };
    let list: Vec<String> = columns(other)
        .into_iter()
        .map(|(name, kind, _)| sql::literal(&format!("{} {kind}", sql::parts(name).concat())))
        .collect();
    let body = format!(
        "begin\n  if (select array_agg(attname || ' ' || format_type(atttypid, atttypmod) order by attnum) from pg_attribute where attrelid = to_regclass({}) and attnum > 0) = array[{}] then\n    {};\n  else\n    {};\n  end if;\nend",
        sql::literal(site.path()),
        list.join(", "),
        empty(other),
        empty(site.object),
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

const OPTIONS: &[&str] = &["check_option", "security_barrier", "security_invoker"];

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![definition(site)];
    statements.extend(without_defaults(site, "table"));
    statements
}

fn definition(site: &Site<'_>) -> Statement {
    let options = options(site.object);
    let with = if options.is_empty() {
        String::new()
    } else {
        format!(" with ({})", options.join(", "))
    };
    let query = site.text("definition").trim_end().trim_end_matches(';');
    Statement::new(format!(
        "create or replace view {}{with} as\n{query}",
        site.path()
    ))
}

fn options(object: &Object) -> Vec<String> {
    let value = |name: &&str| {
        let text = object.text(name).map(str::to_owned);
        text.or_else(|| object.is(name).then(|| "true".to_owned()))
            .map(|value| format!("{name} = {value}"))
    };
    OPTIONS.iter().filter_map(value).collect()
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![drop_while(site, "view", &is_relation(site, "'v'"))]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (texts(site.object, "columns"), texts(there, "columns"));
    if facts.contains("columns") || facts.contains("definition") {
        if live.is_empty() || !wanted.starts_with(&live) {
            return Alteration::Replace;
        }
        // What depends on it sees the same columns and stays.
        return Alteration::Steps(vec![definition(site)]);
    }
    let mut statements = Vec::new();
    for name in OPTIONS.iter().filter(|name| facts.contains(**name)) {
        let set = options(site.object)
            .into_iter()
            .find(|option| option.starts_with(name));
        statements.push(Statement::new(match set {
            Some(option) => format!("alter view {} set ({option})", site.path()),
            None => format!("alter view {} reset ({name})", site.path()),
        }));
    }
    Alteration::Steps(statements)
}
