//! Operators: estimators are altered, everything else makes a new operator.

use std::collections::BTreeSet;

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, clauses, plain_address, split_outside_quotes,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop operator if exists {}",
            site.path()
        ))]
    },
    alter,
    address: |object| plain_address("operator", object),
    ..Rules::NONE
};

const CLAUSES: &[(&str, &str)] = &[
    ("function", "function"),
    ("commutator", "commutator"),
    ("negator", "negator"),
    ("restrict", "restrict"),
    ("join", "join"),
];

/// One that another operator named as its commutator is there as a mere name until it is made.
fn create(site: &Site<'_>) -> Vec<Statement> {
    let Some((name, operands)) = split_outside_quotes(site.path(), "(") else {
        return Vec::new();
    };
    let operands = operands.strip_suffix(')').unwrap_or(operands);
    let Some((left, right)) = split_outside_quotes(operands, ", ") else {
        return Vec::new();
    };
    let mut parts = clauses(site.object, CLAUSES);
    for (side, word) in [(left, "leftarg"), (right, "rightarg")] {
        if side != "NONE" {
            parts.insert(1, format!("{word} = {side}"));
        }
    }
    for word in ["hashes", "merges"] {
        if site.object.is(word) {
            parts.push(word.to_owned());
        }
    }
    let is_missing = format!(
        "not exists (select from pg_operator where oid = to_regoperator({}) and oprcode <> 0)",
        sql::literal(site.path())
    );
    let make = format!("create operator {name} ({})", parts.join(", "));
    vec![Statement::guarded(&is_missing, &make)]
}

/// From Postgres 17 what was not said yet can be said; what was said cannot be taken back.
fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let can_alter = |fact: &&str| match *fact {
        "restrict" | "join" => true,
        "commutator" | "negator" => site.major >= 17 && there.text(fact).is_none(),
        "hashes" | "merges" => site.major >= 17 && site.object.is(fact),
        _ => false,
    };
    if !facts.iter().all(can_alter) {
        return Alteration::Replace;
    }
    let changes: Vec<String> = facts
        .iter()
        .map(|fact| match *fact {
            "hashes" | "merges" => (*fact).to_owned(),
            _ => format!("{fact} = {}", site.object.text(fact).unwrap_or("none")),
        })
        .collect();
    Alteration::Steps(vec![Statement::new(format!(
        "alter operator {} set ({})",
        site.path(),
        changes.join(", ")
    ))])
}
