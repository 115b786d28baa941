//! Languages: replaced in place.

use crate::classes::grant::reconcile::without_defaults;
use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address};

pub(super) const RULES: Rules = Rules {
    create: |site| {
        let mut statements = vec![definition(site)];
        if site.object.is("trusted") {
            statements.extend(without_defaults(site, "language"));
        }
        statements
    },
    drop: |site| {
        vec![Statement::new(format!(
            "drop language if exists {}",
            site.path()
        ))]
    },
    alter: |site, _, _| Alteration::Steps(vec![definition(site)]),
    address: |object| plain_address("language", object),
    granted_as: Some("language"),
    ..Rules::NONE
};

fn definition(site: &Site<'_>) -> Statement {
    let trusted = if site.object.is("trusted") {
        "trusted "
    } else {
        ""
    };
    let mut text = format!("create or replace {trusted}language {}", site.path());
    for word in ["handler", "inline", "validator"] {
        if let Some(function) = site.object.text(word) {
            text += &format!(" {word} {function}");
        }
    }
    Statement::new(text)
}
