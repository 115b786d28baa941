//! Conversions: made anew when anything differs, nothing depends on one.

use crate::classes::rules::{Alteration, Rules, Site, Statement, make_once, plain_address};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop conversion if exists {}",
            site.path()
        ))]
    },
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("conversion", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let default = if site.object.is("default") {
        "default "
    } else {
        ""
    };
    let make = format!(
        "create {default}conversion {} for {} to {} from {}",
        site.path(),
        sql::literal(site.text("from")),
        sql::literal(site.text("to")),
        site.text("function")
    );
    vec![make_once(site.path(), "pg_conversion", "con", "", &make)]
}
