//! Text search parsers: made anew when anything differs.

use crate::classes::rules::{
    Alteration, Rules, Site, Statement, clauses, make_once, plain_address,
};

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop text search parser if exists {}",
            site.path()
        ))]
    },
    alter: |_, _, _| Alteration::Replace,
    address: |object| plain_address("text search parser", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let parts = clauses(
        site.object,
        &[
            ("start", "start"),
            ("get_token", "gettoken"),
            ("end", "end"),
            ("headline", "headline"),
            ("token_types", "lextypes"),
        ],
    );
    let path = site.path();
    let make = format!("create text search parser {path} ({})", parts.join(", "));
    vec![make_once(path, "pg_ts_parser", "prs", "", &make)]
}
