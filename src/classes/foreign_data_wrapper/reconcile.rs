//! Foreign data wrappers: altered in place.

use std::collections::BTreeSet;

use crate::classes::foreign_options::{changed, clause, secret_to_fill_in};
use crate::classes::rules::{Alteration, Disturbance, Rules, Site, Statement, plain_address};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("foreign data wrapper", object),
    granted_as: Some("foreign data wrapper"),
    disturbance: |_| Disturbance::Survives,
    takes_children: false,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = format!(
        "not exists (select from pg_foreign_data_wrapper where fdwname = {})",
        site.name_literal()
    );
    let text = format!(
        "create foreign data wrapper {}{}{}",
        site.path(),
        functions(site, |fact| site.object.facts.contains_key(fact)),
        clause(site.object, "options")
    );
    let statement = Statement::guarded(&missing, &text);
    vec![secret_to_fill_in(statement, site.object, "options")]
}

fn functions(site: &Site<'_>, is_due: impl Fn(&str) -> bool) -> String {
    let due = ["handler", "validator"]
        .into_iter()
        .filter(|fact| is_due(fact));
    due.map(|fact| match site.object.text(fact) {
        Some(function) => format!(" {fact} {function}"),
        None => format!(" no {fact}"),
    })
    .collect()
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop foreign data wrapper if exists {}",
        site.path()
    ))]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let head = format!("alter foreign data wrapper {}", site.path());
    let mut statements = Vec::new();
    let functions = functions(site, |fact| facts.contains(fact));
    if !functions.is_empty() {
        statements.push(Statement::new(format!("{head}{functions}")));
    }
    if facts.contains("options") {
        let current = format!(
            "(select fdwoptions from pg_foreign_data_wrapper where fdwname = {})",
            site.name_literal()
        );
        statements.extend(changed(&head, &current, "options", site.object, there));
    }
    Alteration::Steps(statements)
}
