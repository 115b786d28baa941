//! Foreign servers: altered in place, but for the wrapper and the type.

use std::collections::BTreeSet;

use crate::classes::foreign_options;
use crate::classes::foreign_options::{changed, clause, secret_to_fill_in};
use crate::classes::rules::{Alteration, Disturbance, Rules, Site, Statement, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("server", object),
    granted_as: Some("foreign server"),
    disturbance: |_| Disturbance::Survives,
    takes_children: false,
    by_hand: |site| foreign_options::by_hand(site, "options"),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut text = format!("create server if not exists {}", site.path());
    for fact in ["type", "version"] {
        if let Some(value) = site.object.text(fact) {
            text += &format!(" {fact} {}", sql::literal(value).trim_start());
        }
    }
    text += &format!(
        " foreign data wrapper {}{}",
        site.text("wrapper"),
        clause(site.object, "options")
    );
    let statement = Statement::new(text);
    vec![secret_to_fill_in(statement, site.object, "options")]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop server if exists {}",
        site.path()
    ))]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("wrapper") || facts.contains("type") {
        return Alteration::Replace;
    }
    let head = format!("alter server {}", site.path());
    let mut statements = Vec::new();
    if facts.contains("version") {
        let version = site.object.text("version").map(sql::literal);
        let version = version.unwrap_or_else(|| "null".to_owned());
        statements.push(Statement::new(format!(
            "{head} version {}",
            version.trim_start()
        )));
    }
    if facts.contains("options") {
        let current = format!(
            "(select srvoptions from pg_foreign_server where srvname = {})",
            site.name_literal()
        );
        statements.push(changed(&head, &current, "options", site.object, there));
    }
    Alteration::Steps(statements)
}
