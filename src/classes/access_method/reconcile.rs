//! Access methods: made anew when anything differs, and with them what is stored by them.

use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address};

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop access method if exists {}",
            site.path()
        ))]
    },
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("access method", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let is_missing = format!(
        "not exists (select from pg_am where amname = {})",
        site.name_literal()
    );
    let make = format!(
        "create access method {} type {} handler {}",
        site.path(),
        site.text("type"),
        site.text("handler")
    );
    vec![Statement::guarded(&is_missing, &make)]
}
