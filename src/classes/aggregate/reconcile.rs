//! Aggregates: replaced in place while what they take and return stays.

use std::collections::BTreeSet;

use crate::classes::extension_dependency::reconcile::said_again;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{Alteration, Rules, Site, Statement, clauses, split_outside_quotes};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| format!("aggregate {}", signature(object)),
    granted_as: Some("function"),
    rename: |from, to| {
        renaming::routine(&format!("aggregate {}", signature(from.object)), from, to)
    },
    ..Rules::NONE
};

/// The name with the arguments as `aggregate` wants them: `*` for none, `order by` between two lists.
fn signature(object: &Object) -> String {
    let path = &*object.id.path;
    let name = split_outside_quotes(path, "(").map_or(path, |(name, _)| name);
    format!("{name}({})", object.text("arguments").unwrap_or("*"))
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![definition(site)];
    statements.extend(without_defaults(site, "function"));
    statements
}

const CLAUSES: &[(&str, &str)] = &[
    ("state_function", "sfunc"),
    ("state_type", "stype"),
    ("state_size", "sspace"),
    ("final_function", "finalfunc"),
    ("final_modify", "finalfunc_modify"),
    ("combine_function", "combinefunc"),
    ("serial_function", "serialfunc"),
    ("deserial_function", "deserialfunc"),
    ("moving_state_function", "msfunc"),
    ("moving_inverse_function", "minvfunc"),
    ("moving_state_type", "mstype"),
    ("moving_final_function", "mfinalfunc"),
    ("moving_final_modify", "mfinalfunc_modify"),
    ("sort_operator", "sortop"),
    ("parallel", "parallel"),
];

fn definition(site: &Site<'_>) -> Statement {
    let object = site.object;
    let mut parts = clauses(object, CLAUSES);
    for (fact, word) in [("initial", "initcond"), ("moving_initial", "minitcond")] {
        if let Some(value) = object.text(fact) {
            parts.push(format!("{word} = {}", sql::literal(value).trim_start()));
        }
    }
    if object.text("moving_state_type").is_some() {
        parts.extend(clauses(object, &[("moving_state_size", "msspace")]));
    }
    for (fact, word) in [
        ("final_extra", "finalfunc_extra"),
        ("moving_final_extra", "mfinalfunc_extra"),
    ] {
        if object.is(fact) {
            parts.push(word.to_owned());
        }
    }
    if object.text("kind") == Some("hypothetical-set") {
        parts.push("hypothetical".to_owned());
    }
    Statement::new(format!(
        "create or replace aggregate {} (\n  {}\n)",
        signature(object),
        parts.join(",\n  ")
    ))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let drop = format!("drop aggregate if exists {}", signature(site.object));
    if !site.is_succeeded() {
        return vec![Statement::new(drop)];
    }
    let is_there = format!(
        "exists (select from pg_proc where oid = to_regprocedure({}) and prokind = 'a')",
        sql::literal(site.path())
    );
    vec![Statement::guarded(&is_there, &drop)]
}

/// What it takes, returns and is cannot be replaced (`AggregateCreate`).
fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let is_fixed = |fact: &&str| ["kind", "arguments", "returns"].contains(fact);
    if facts.iter().any(is_fixed) {
        return Alteration::Replace;
    }
    let mut statements = vec![definition(site)];
    statements.extend(said_again(site));
    Alteration::Steps(statements)
}
