//! User mappings: their secrets are nobody's to read, so a new one has to be given them by hand.

use std::collections::BTreeSet;

use crate::classes::foreign_options;
use crate::classes::foreign_options::{changed, clause, secret_to_fill_in};
use crate::classes::rules::{
    Alteration, Disturbance, Rules, Site, Statement, split_outside_quotes,
};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| {
        let (user, server) = parts(object);
        format!("user mapping for {user} server {server}")
    },
    disturbance: |_| Disturbance::Survives,
    by_hand: |site| foreign_options::by_hand(site, "options"),
    ..Rules::NONE
};

/// Who is mapped and on which server, quoted.
fn parts(object: &Object) -> (&str, &str) {
    let (user, server) = split_outside_quotes(&object.id.path, " on ").unwrap_or_default();
    (if user == "PUBLIC" { "public" } else { user }, server)
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let (user, server) = parts(site.object);
    let statement = Statement::new(format!(
        "create user mapping if not exists for {user} server {server}{}",
        clause(site.object, "options")
    ));
    vec![secret_to_fill_in(statement, site.object, "options")]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let (user, server) = parts(site.object);
    vec![Statement::new(format!(
        "drop user mapping if exists for {user} server {server}"
    ))]
}

fn alter(site: &Site<'_>, there: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (user, server) = parts(site.object);
    let literal = |quoted: &str| sql::literal(&sql::parts(quoted).concat());
    let who = if user == "public" {
        "umuser = 0".to_owned()
    } else {
        format!("umuser <> 0 and usename = {}", literal(user))
    };
    let current = format!(
        "(select umoptions from pg_user_mappings where srvname = {} and {who})",
        literal(server)
    );
    let head = format!("alter user mapping for {user} server {server}");
    Alteration::Steps(vec![changed(
        &head,
        &current,
        "options",
        site.object,
        there,
    )])
}
