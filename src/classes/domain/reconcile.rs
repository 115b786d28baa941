//! Domains: default and not null are altered; another type puts a new domain in the old one's place.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::classes::column::reconcile::columns_of_type;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, dollar_quoted, drop_while, exists_in, head_and_name,
    plain_address,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("domain", object),
    granted_as: Some("domain"),
    rename: |from, to| renaming::data_type("domain", from, to),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!("to_regtype({}) is null", sql::literal(site.path()));
    let mut statements = vec![Statement::guarded(&missing, &definition(site))];
    statements.extend(without_defaults(site, "type"));
    statements
}

fn definition(site: &Site<'_>) -> String {
    let mut text = format!("create domain {} as {}", site.path(), site.text("type"));
    if let Some(collation) = site.object.text("collation") {
        write!(text, " collate {collation}").expect("a string takes all");
    }
    if let Some(default) = site.object.text("default") {
        write!(text, " default {default}").expect("a string takes all");
    }
    if site.object.is("not_null") {
        text += " not null";
    }
    text
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typtype = 'd'");
    vec![drop_while(site, "domain", &is_there)]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("type") || facts.contains("collation") {
        return Alteration::Swap(vec![swap(site, there)]);
    }
    let path = site.path();
    let mut statements = Vec::new();
    if facts.contains("default") {
        statements.push(Statement::new(match site.object.text("default") {
            Some(default) => format!("alter domain {path} set default {default}"),
            None => format!("alter domain {path} drop default"),
        }));
    }
    if facts.contains("not_null") {
        let verb = if site.object.is("not_null") {
            "set"
        } else {
            "drop"
        };
        let mut statement = Statement::new(format!("alter domain {path} {verb} not null"));
        if verb == "set" {
            statement = statement.can_fail(site, "where a column of the domain holds null");
        }
        statements.push(statement);
    }
    Alteration::Steps(statements)
}

/// A domain's type cannot be altered: columns go over to a new domain.
fn swap(site: &Site<'_>, there: &Object) -> Statement {
    let path = site.path();
    let (schema, name) = head_and_name(path);
    let old_name = sql::identifier(&format!("{}_before", sql::parts(name).concat()));
    let mut body = format!(
        "begin\n  if (select format_type(typbasetype, typtypmod) from pg_type where oid = {}::regtype) <> {} or {} then\n    alter domain {path} rename to {old_name};\n    {};\n",
        sql::literal(path),
        sql::literal(site.text("type")),
        there.text("collation") != site.object.text("collation"),
        definition(site),
    );
    let columns = columns_of_type(site.other, &site.object.id);
    for column in &columns {
        let (table, column_name) = head_and_name(&column.id.path);
        let suffix = if column.text("type").is_some_and(|text| text.ends_with("[]")) {
            "[]"
        } else {
            ""
        };
        let base = site.text("type");
        body += &format!(
            "    alter table {table} alter column {column_name} type {path}{suffix} using {column_name}::{base}{suffix};\n"
        );
    }
    body += &format!("    drop domain {schema}.{old_name};\n  end if;\nend");
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some(column) = columns.first() {
        let (table, _) = head_and_name(&column.id.path);
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .rewriting(site)
            .can_fail(site, "where a value does not fit the new type");
    }
    statement
}
