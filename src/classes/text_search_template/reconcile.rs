//! Text search templates: made anew when anything differs.

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, clauses, make_once, plain_address,
};

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop text search template if exists {}",
            site.path()
        ))]
    },
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("text search template", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let parts = clauses(site.object, &[("init", "init"), ("lexize", "lexize")]);
    let path = site.path();
    let make = format!("create text search template {path} ({})", parts.join(", "));
    vec![make_once(path, "pg_ts_template", "tmpl", "", &make)]
}
