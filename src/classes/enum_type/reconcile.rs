//! Enums: values are added where they belong; anything else puts a new type in the old one's place.

use std::collections::BTreeSet;

use crate::classes::column::reconcile::{carry_over, columns_of_type, is_in_partition_key};
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Lock, PartRename, Rules, Site, Statement, dollar_quoted, drop_while, exists_in,
    head_and_name, plain_address, put_aside, texts,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("type", object),
    granted_as: Some("type"),
    rename: |from, to| renaming::data_type("type", from, to),
    part_renames: renamed_values,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!("to_regtype({}) is null", sql::literal(site.path()));
    let mut statements = vec![Statement::guarded(&missing, &definition(site))];
    statements.extend(without_defaults(site, "type"));
    statements
}

fn definition(site: &Site<'_>) -> String {
    format!(
        "create type {} as enum ({})",
        site.path(),
        labels(&site.list("values"))
    )
}

fn labels(values: &[&str]) -> String {
    let literals: Vec<String> = values.iter().map(|value| sql::literal(value)).collect();
    literals.join(", ")
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let is_there = exists_in(site.path(), "pg_type", "typ", " and typtype = 'e'");
    vec![drop_while(site, "type", &is_there)]
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (site.list("values"), texts(there, "values"));
    let mut rest = wanted.iter();
    if live.iter().all(|value| rest.any(|other| other == value)) {
        return Alteration::Steps(added(site, &wanted, &live));
    }
    if is_in_partition_key(site, &columns_of_type(site.other, &site.object.id)) {
        return Alteration::Replace;
    }
    Alteration::Swap(vec![swap(site, &wanted, &live)])
}

/// Between values that stay, those that are gone and those that are new are the same ones when there are as many of
/// each: their order tells which is which. Where no value stays it is another enum.
fn renamed_values(site: &Site<'_>, there: &Object) -> Vec<PartRename> {
    let (wanted, live) = (site.list("values"), texts(there, "values"));
    let stays = |value: &&&str| wanted.contains(value) && live.contains(value);
    let kept = |values: &[&str]| -> Vec<String> {
        let kept = values.iter().filter(stays);
        kept.map(|value| (*value).to_owned()).collect()
    };
    if kept(&wanted) != kept(&live) || kept(&live).is_empty() {
        return Vec::new();
    }
    let runs = |values: &[&str]| -> Vec<Vec<String>> {
        let runs = values.split(|value| wanted.contains(value) && live.contains(value));
        runs.map(|run| run.iter().map(|value| (*value).to_owned()).collect())
            .collect()
    };
    let pairs = runs(&live).into_iter().zip(runs(&wanted));
    let pairs = pairs.filter(|(gone, new)| gone.len() == new.len());
    let pairs = pairs.flat_map(|(gone, new)| gone.into_iter().zip(new));
    pairs
        .map(|(from, to)| PartRename {
            noun: "value",
            statement: value_renamed(site.path(), &from, &to),
            from,
            to,
        })
        .collect()
}

fn value_renamed(path: &str, from: &str, to: &str) -> Statement {
    let there = |value: &str| {
        format!(
            "exists (select from pg_enum where enumtypid = to_regtype({}) and enumlabel = {})",
            sql::literal(path),
            sql::literal(value)
        )
    };
    let condition = format!("{} and not {}", there(from), there(to));
    let text = format!(
        "alter type {path} rename value {} to {}",
        sql::literal(from),
        sql::literal(to)
    );
    Statement::guarded(&condition, &text)
}

/// Each new value after the one it follows; a value can be used only when the statement is committed.
fn added(site: &Site<'_>, wanted: &[&str], live: &[&str]) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (index, value) in wanted.iter().enumerate() {
        if live.contains(value) {
            continue;
        }
        let place = match index.checked_sub(1) {
            Some(before) => format!(" after {}", sql::literal(wanted[before])),
            None => wanted
                .iter()
                .find(|other| live.contains(other))
                .map_or_else(String::new, |next| {
                    format!(" before {}", sql::literal(next))
                }),
        };
        let add = format!(
            "alter type {} add value if not exists {}{place}",
            site.path(),
            sql::literal(value)
        );
        statements.push(Statement::new(add).before());
    }
    statements
}

/// A value cannot be taken out of an enum, nor moved: columns go over to a new type by the values' names.
fn swap(site: &Site<'_>, wanted: &[&str], live: &[&str]) -> Statement {
    let (schema, name) = head_and_name(site.path());
    let old_name = sql::identifier(&put_aside(name, "before"));
    let path = site.path();
    let columns = columns_of_type(site.other, &site.object.id);
    let mut body = format!(
        "begin\n  if (select array_agg(enumlabel::text order by enumsortorder) from pg_enum where enumtypid = {}::regtype) is distinct from array[{}]::text[] then\n    alter type {path} rename to {old_name};\n    {};\n",
        sql::literal(path),
        labels(wanted),
        definition(site),
    );
    body += &carry_over(site, &columns, &format!("{schema}.{old_name}"), "text");
    body += &format!("    drop type {schema}.{old_name};\n  end if;\nend");
    let mut statement = Statement::new(format!("do {}", dollar_quoted(&body)));
    if let Some(column) = columns.first() {
        let (table, column_name) = head_and_name(&column.id.path);
        let gone: Vec<&str> = live
            .iter()
            .copied()
            .filter(|value| !wanted.contains(value))
            .collect();
        statement = statement
            .lock(site, Lock::AccessExclusive, table)
            .rewriting(site);
        if !gone.is_empty() {
            let query = format!(
                "select from {table} where {column_name}::text in ({})",
                labels(&gone)
            );
            statement = statement
                .can_fail(site, format!("where rows hold {}", labels(&gone)))
                .checked(
                    site,
                    &format!("rows of {table} with values that go"),
                    query,
                    site.key_of(table),
                );
        }
    }
    statement
}
