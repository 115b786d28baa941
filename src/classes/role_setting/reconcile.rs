//! Settings of roles and of all roles: set, or reset.

use crate::classes::function::reconcile::assignment;
use crate::classes::rules::{Alteration, Rules, Site, Statement, head_and_name, in_this_database};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: set,
    drop: |site| vec![statement(site, &format!("reset {}", spelled(&name(site))))],
    alter: |site, _, _| changed(site),
    is_harmless: true,
    by_hand: |site| {
        let role = role(site);
        let text = format!("alter role {role} … set {} = '…'", spelled(&name(site)));
        by_hand(site.object, &text)
    },
    ..Rules::NONE
};

fn name(site: &Site<'_>) -> String {
    sql::parts(head_and_name(site.path()).1).concat()
}

/// A setting's name as SQL takes it: that of an extension has two parts.
pub(in crate::classes) fn spelled(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    sql::qualified(&parts)
}

/// Whether its value is known; a secret's is not.
pub(in crate::classes) fn is_known(object: &Object) -> bool {
    !object
        .text("value")
        .unwrap_or_default()
        .starts_with("[redacted ")
}

/// What to do about a value that is not known.
pub(in crate::classes) fn by_hand(object: &Object, statement: &str) -> Option<String> {
    (!is_known(object)).then(|| {
        format!(
            "its value may be a secret, which is read as a hash only; set it by hand: {statement}"
        )
    })
}

fn set(site: &Site<'_>) -> Vec<Statement> {
    if !is_known(site.object) {
        return Vec::new();
    }
    let setting = format!("{}={}", name(site), site.text("value"));
    vec![statement(site, &format!("set {}", assignment(&setting)))]
}

pub(in crate::classes) fn unknown() -> Alteration {
    Alteration::Impossible("its value may be a secret, which is not read")
}

fn changed(site: &Site<'_>) -> Alteration {
    match is_known(site.object) {
        true => Alteration::Steps(set(site)),
        false => unknown(),
    }
}

/// The role as statements name it; what belongs to none belongs to all.
fn role<'a>(site: &Site<'a>) -> &'a str {
    match site.parent_path() {
        "" => "all",
        role => role,
    }
}

fn statement(site: &Site<'_>, action: &str) -> Statement {
    let role = role(site);
    let (head, _) = head_and_name(site.path());
    match head.ends_with(" in database") {
        true => in_this_database(
            &format!("alter role {role} in database "),
            &format!(" {action}"),
        ),
        false => Statement::new(format!("alter role {role} {action}")),
    }
}
