//! Defaults of columns, of tables and of views.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Lock, Rules, Site, Statement, head_and_name};
use crate::contract::Object;

pub(super) const RULES: Rules = Rules {
    create: |site| statement(site, &format!("set default {}", site.text("expression"))),
    drop: |site| statement(site, "drop default"),
    alter,
    ..Rules::NONE
};

fn statement(site: &Site<'_>, action: &str) -> Vec<Statement> {
    let (relation, column) = head_and_name(site.path());
    let is_view = site
        .object
        .parent
        .as_ref()
        .is_some_and(|id| &*id.path == relation && id.class.as_str() == "view");
    let word = if is_view { "view" } else { "table" };
    let text = format!("alter {word} {relation} alter column {column} {action}");
    vec![Statement::new(text).lock(site, Lock::AccessExclusive, relation)]
}

fn alter(site: &Site<'_>, _: &Object, _: &BTreeSet<&str>) -> Alteration {
    Alteration::Steps((RULES.create)(site))
}
