//! Owners: every object that has one has one, so they only change.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, head_and_name};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |_| vec![Statement::new("")],
    alter,
    goes_along: true,
    is_harmless: true,
    waits_for: elsewhere,
    ..Rules::NONE
};

/// What lets its owner into the schema of an object that is in another one than what it belongs to: statistics on a table.
fn elsewhere(site: &Site<'_>) -> Vec<ObjectId> {
    let Some(object) = site.parent() else {
        return Vec::new();
    };
    let own = ObjectId::new(ClassName::new("schema"), head_and_name(&object.id.path).0);
    if object.id.class.as_str() != "statistics" {
        return Vec::new();
    }
    let grants = site.whole.children(&own).iter();
    let grants = grants.filter(|child| child.id.class.as_str() == "grant");
    grants.map(|grant| grant.id.clone()).collect()
}

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
