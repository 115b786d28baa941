//! Dependencies on extensions: said, and taken back.

use std::collections::BTreeSet;

use crate::classes::Class;
use crate::classes::comment::reconcile::index_of;
use crate::classes::rules::{Alteration, Rules, Site, Statement, split_outside_quotes};
use crate::contract::Object;

use super::CLASS;

pub(super) const RULES: Rules = Rules {
    create: |site| statement(site, "").into_iter().collect(),
    drop: |site| statement(site, "no ").into_iter().collect(),
    alter: |_, _: &Object, _: &BTreeSet<&str>| Alteration::Replace,
    goes_along: true,
    is_harmless: true,
    ..Rules::NONE
};

fn statement(site: &Site<'_>, no: &str) -> Option<Statement> {
    let parent = site.parent()?;
    let class = Class::named(parent.id.class.as_str())?;
    let own = site.path();
    let after = &own[own.find(&*parent.id.path)? + parent.id.path.len()..];
    let (what, extension) = split_outside_quotes(after, " on ")?;
    let address = match what {
        " (index)" => format!("index {}", index_of(site, parent)),
        _ => (class.rules.address)(parent),
    };
    // Aggregates have no such statement; that of functions takes them.
    let address = match address.strip_prefix("aggregate ") {
        Some(name) => format!("function {}", name.replace("(*)", "()")),
        None => address,
    };
    Some(Statement::new(format!(
        "alter {address} {no}depends on extension {extension}"
    )))
}

/// What an object that is there already depended on: `create or replace` forgets it.
pub(in crate::classes) fn said_again(site: &Site<'_>) -> Vec<Statement> {
    let kept = site
        .children_of(CLASS.name)
        .filter(|child| site.other.get(&child.id).is_some());
    kept.filter_map(|child| statement(&site.at(child), ""))
        .collect()
}
