//! Schemas: made empty, dropped only when empty.

use std::collections::BTreeSet;

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{Alteration, Likeness, Rules, Site, Statement, plain_address};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("schema", object),
    granted_as: Some("schema"),
    takes_children: false,
    is_harmless: true,
    rename: |from, to| Some(renaming::schema(from, to)),
    likeness: Likeness::Content,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let mut statements = vec![Statement::new(format!(
        "create schema if not exists {}",
        site.path()
    ))];
    statements.extend(without_defaults(site, "schema"));
    statements
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop schema if exists {}",
        site.path()
    ))]
}

fn alter(_: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps(Vec::new())
}
