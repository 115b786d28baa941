//! Owners: every object that has one has one, so they only change.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |_| vec![Statement::new("")],
    alter,
    goes_along: true,
    is_harmless: true,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let Some(parent) = site.parent() else {
        return Vec::new();
    };
    let Some(class) = Class::named(parent.id.class.as_str()) else {
        return Vec::new();
    };
    let owner = sql::identifier(site.text("owner"));
    let change = format!("alter {} owner to {owner}", (class.rules.address)(parent));
    let statement = Statement::new(change);
    vec![match class.rules.granted_as {
        Some("table") => statement.lock(site, Lock::AccessExclusive, &parent.id.path),
        _ => statement,
    }]
}

fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps(create(site))
}
