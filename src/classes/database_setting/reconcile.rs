//! Settings of the database: set, or reset. Both sides have other names, so the statement asks for its own.

use crate::classes::function::reconcile::assignment;
use crate::classes::role_setting::reconcile::{by_hand, is_known, spelled, unknown};
use crate::classes::rules::{Alteration, Rules, Site, Statement, in_this_database};

pub(super) const RULES: Rules = Rules {
    create: set,
    drop: |site| vec![statement(&format!("reset {}", spelled(&name(site))))],
    alter: |site, _, _| match is_known(site.object) {
        true => Alteration::Steps(set(site)),
        false => unknown(),
    },
    is_harmless: true,
    by_hand: |site| {
        by_hand(
            site.object,
            &format!("alter database … set {} = '…'", spelled(&name(site))),
        )
    },
    ..Rules::NONE
};

fn name(site: &Site<'_>) -> String {
    site.parts().concat()
}

fn set(site: &Site<'_>) -> Vec<Statement> {
    if !is_known(site.object) {
        return Vec::new();
    }
    let setting = format!("{}={}", name(site), site.text("value"));
    vec![statement(&format!("set {}", assignment(&setting)))]
}

fn statement(action: &str) -> Statement {
    in_this_database("alter database ", &format!(" {action}"))
}
