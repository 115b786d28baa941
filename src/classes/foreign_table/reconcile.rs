//! Foreign tables: altered in place but for their server. Dropping one loses no row.

use std::collections::BTreeSet;

use crate::classes::foreign_options;
use crate::classes::foreign_options::{changed, clause, secret_to_fill_in};
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Disturbance, Lock, Rules, Site, Statement, Territory, drop_while, is_relation,
    plain_address,
};
use crate::classes::table::reconcile::{absorbs, ancestry, column_list, remains};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("foreign table", object),
    granted_as: Some("table"),
    disturbance: |_| Disturbance::Survives,
    absorbs,
    rename: |from, to| renaming::relation("foreign table", from, to),
    territory: Territory::of_partition,
    likeness: crate::classes::Likeness::Parts,
    by_hand: |site| foreign_options::by_hand(site, "options"),
    remains,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut text = format!("create foreign table if not exists {}", site.path());
    let parents = site.list("inherits");
    match site.object.text("partition_bound") {
        Some(bound) => {
            text += &format!(" partition of {} {bound}", parents.first().unwrap_or(&""));
        }
        None => {
            text += &column_list(site);
            if !parents.is_empty() {
                text += &format!(" inherits ({})", parents.join(", "));
            }
        }
    }
    text += &format!(
        " server {}{}",
        site.text("server"),
        clause(site.object, "options")
    );
    let statement = Statement::new(text);
    let mut statements = vec![secret_to_fill_in(statement, site.object, "options")];
    statements.extend(without_defaults(site, "table"));
    statements
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let drop = drop_while(site, "foreign table", &is_relation(site, "'f'"));
    vec![drop.lock(site, Lock::AccessExclusive, site.path())]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    if facts.contains("server") {
        return Alteration::Replace;
    }
    let mut statements = Vec::new();
    if facts.contains("options") {
        let current = format!(
            "(select ftoptions from pg_foreign_table where ftrelid = {}::regclass)",
            sql::literal(site.path())
        );
        let head = format!("alter foreign table {}", site.path());
        statements.push(changed(&head, &current, "options", site.object, there));
    }
    if facts.contains("inherits") || facts.contains("partition_bound") {
        statements.extend(ancestry(site, there));
    }
    Alteration::Steps(statements)
}
