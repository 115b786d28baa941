//! Foreign data wrappers: altered in place.

use std::collections::BTreeSet;

use crate::classes::foreign_options;
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
    by_hand: |site| foreign_options::by_hand(site, "options"),
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
    let functions = functions(site, |fact| facts.contains(fact));
    let head = format!("alter foreign data wrapper {}{functions}", site.path());
    if !facts.contains("options") {
        return Alteration::Steps(vec![Statement::new(head)]);
    }
    let current = format!(
        "(select fdwoptions from pg_foreign_data_wrapper where fdwname = {})",
        site.name_literal()
    );
    let mut statements = vec![changed(&head, &current, "options", site.object, there)];
    if !functions.is_empty() {
        // Where the options are right already, the functions are still to be set.
        statements.push(Statement::new(head));
    }
    Alteration::Steps(statements)
}
