//! Extensions: made in their schema, moved to another one where they can be.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("extension", object),
    is_harmless: true,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let (name, schema) = (site.path(), site.text("schema"));
    let version = site.object.text("version").map(sql::identifier);
    let version = version.map_or(String::new(), |version| format!(" version {version}"));
    vec![Statement::new(format!(
        "create extension if not exists {name} with schema {schema}{version}"
    ))]
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![Statement::new(format!(
        "drop extension if exists {}",
        site.path()
    ))]
}

/// One that is not relocatable refuses to move; then nothing but making it anew helps, which loses what uses it.
fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    let (name, schema) = (site.path(), site.text("schema"));
    Alteration::Steps(vec![Statement::new(format!(
        "alter extension {name} set schema {schema}"
    ))])
}
