//! Transforms: replaced in place.

use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address};

pub(super) const RULES: Rules = Rules {
    create,
    drop: |site| {
        vec![Statement::new(format!(
            "drop transform if exists {}",
            site.path()
        ))]
    },
    alter: |site, _, _| Alteration::Steps(create(site)),
    address: |object| plain_address("transform", object),
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let part = |(fact, words): (&str, &str)| {
        let function = site.object.text(fact)?;
        Some(format!("{words} with function {function}(internal)"))
    };
    let parts: Vec<String> = [("from_sql", "from sql"), ("to_sql", "to sql")]
        .into_iter()
        .filter_map(part)
        .collect();
    vec![Statement::new(format!(
        "create or replace transform {} ({})",
        site.path(),
        parts.join(", ")
    ))]
}
