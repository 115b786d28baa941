//! Operator families: members come and go one by one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, exists_in, make_once, plain_address, split_outside_quotes,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop operator family if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("operator family", object),
    ..Rules::NONE
};

/// `schema.name using method`, taken apart.
pub(in crate::classes) fn name_and_method(path: &str) -> (&str, &str) {
    split_outside_quotes(path, " using ").unwrap_or((path, ""))
}

/// The end of a condition on a catalog that is kept by access method.
pub(in crate::classes) fn of_method(column: &str, method: &str) -> String {
    format!(
        " and {column} = (select oid from pg_am where amname = {})",
        sql::literal(&sql::parts(method).concat())
    )
}

/// The members of an object: word, place, and what stands there.
pub(in crate::classes) fn members(object: &Object) -> Vec<(&'static str, &str, &str)> {
    let mut all = Vec::new();
    for (fact, word) in [("operators", "operator"), ("functions", "function")] {
        let map = object.facts.get(fact).and_then(Value::as_object);
        let listed = map.into_iter().flatten();
        all.extend(listed.filter_map(|(place, value)| Some((word, &**place, value.as_str()?))));
    }
    all
}

/// What makes a member in a list of `create operator class` or `alter operator family`.
pub(in crate::classes) fn item(word: &str, place: &str, value: &str) -> String {
    match word {
        // The operator says its types itself.
        "operator" => {
            let number = place.split(' ').next().unwrap_or_default();
            format!("operator {number} {value}")
        }
        _ => format!("function {place} {value}"),
    }
}

/// The condition that a family has something at a place, and what else holds of that row, which is called `m`.
fn has_member(family: &str, word: &str, place: &str, and: &str) -> Option<String> {
    let (name, method) = name_and_method(family);
    let (number, types) = place.split_once(" (")?;
    let (left, right) = split_outside_quotes(types.strip_suffix(')')?, ", ")?;
    let (catalog, prefix, counter) = match word {
        "operator" => ("pg_amop", "amop", "amopstrategy"),
        _ => ("pg_amproc", "amproc", "amprocnum"),
    };
    let in_family = exists_in(
        name,
        "pg_opfamily",
        "opf",
        &format!(
            "{} and pg_opfamily.oid = m.{prefix}family",
            of_method("opfmethod", method)
        ),
    );
    Some(format!(
        "exists (select from {catalog} m where m.{counter} = {number} and m.{prefix}lefttype = to_regtype({}) and m.{prefix}righttype = to_regtype({}) and {in_family}{and})",
        sql::literal(left),
        sql::literal(right)
    ))
}

/// Takes a member out of a family where it is in it, and no operator class holds it: then it goes with that alone.
pub(in crate::classes) fn take_out(family: &str, word: &str, place: &str) -> Option<Statement> {
    let catalog = match word {
        "operator" => "pg_amop",
        _ => "pg_amproc",
    };
    let is_loose = format!(
        " and not exists (select from pg_depend d where d.classid = '{catalog}'::regclass and d.objid = m.oid and d.refclassid = 'pg_opclass'::regclass and d.deptype = 'i')"
    );
    let is_there = has_member(family, word, place, &is_loose)?;
    let drop = format!("alter operator family {family} drop {word} {place}");
    Some(Statement::guarded(&is_there, &drop))
}

fn put_in(family: &str, (word, place, value): (&str, &str, &str)) -> Option<Statement> {
    let is_missing = format!("not {}", has_member(family, word, place, "")?);
    let add = format!(
        "alter operator family {family} add {}",
        item(word, place, value)
    );
    Some(Statement::guarded(&is_missing, &add))
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    let (name, method) = name_and_method(path);
    let make = format!("create operator family {path}");
    let and = of_method("opfmethod", method);
    let mut statements = vec![make_once(name, "pg_opfamily", "opf", &and, &make)];
    let listed = members(site.object);
    statements.extend(listed.into_iter().filter_map(|member| put_in(path, member)));
    statements
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (wanted, live) = (members(site.object), members(there));
    let gone = live.iter().filter(|member| !wanted.contains(member));
    let new = wanted.iter().filter(|member| !live.contains(member));
    let gone = gone.filter_map(|(word, place, _)| take_out(site.path(), word, place));
    let mut statements: Vec<Statement> = gone.collect();
    statements.extend(new.filter_map(|member| put_in(site.path(), *member)));
    Alteration::Steps(statements)
}
