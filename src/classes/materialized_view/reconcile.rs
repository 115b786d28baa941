//! Materialized views: made empty, filled after the transaction.

use std::collections::BTreeSet;

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, drop_while, is_relation, plain_address,
};
use crate::classes::table::reconcile::changed_options;
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("materialized view", object),
    granted_as: Some("table"),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let options = site.list("options");
    let with = if options.is_empty() {
        String::new()
    } else {
        format!(" with ({})", options.join(", "))
    };
    let method = site
        .object
        .text("access_method")
        .map_or_else(String::new, |name| format!(" using {name}"));
    let tablespace = site
        .object
        .text("tablespace")
        .map_or_else(String::new, |name| format!(" tablespace {name}"));
    let query = site.text("definition").trim_end().trim_end_matches(';');
    let mut statements = vec![Statement::new(format!(
        "create materialized view if not exists {}{method}{with}{tablespace} as\n{query}\nwith no data",
        site.path()
    ))];
    statements.extend(without_defaults(site, "table"));
    if site.object.is("populated") {
        statements.push(refresh(site));
    }
    statements
}

/// Filled by its owner, with the tables as they are then.
fn refresh(site: &Site<'_>) -> Statement {
    let refresh = format!("refresh materialized view {}", site.path());
    let mut statement = Statement::new(&refresh).after(refresh);
    statement.risk.lock = Some((Lock::AccessExclusive, site.path().to_owned()));
    statement.risk.scans = true;
    statement
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![drop_while(
        site,
        "materialized view",
        &is_relation(site, "'m'"),
    )]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let known = ["populated", "options"];
    if facts.iter().any(|fact| !known.contains(fact)) {
        return Alteration::Replace;
    }
    let mut statements = Vec::new();
    if facts.contains("options") {
        let head = format!("alter materialized view {}", site.path());
        statements.extend(changed_options(site, there, "options", &head));
    }
    if facts.contains("populated") {
        statements.push(match site.object.is("populated") {
            true => refresh(site),
            false => Statement::new(format!(
                "refresh materialized view {} with no data",
                site.path()
            )),
        });
    }
    Alteration::Steps(statements)
}
