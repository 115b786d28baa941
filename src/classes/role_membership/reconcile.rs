//! Memberships: granted and revoked. From 16 on each option is said, so that what a role has by default does not count.

use std::collections::BTreeSet;

use crate::classes::rules::{Alteration, Rules, Site, Statement, split_outside_quotes};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create: |site| vec![grant(site)],
    drop,
    alter,
    is_harmless: true,
    ..Rules::NONE
};

fn parts<'a>(site: &Site<'a>) -> (&'a str, &'a str) {
    split_outside_quotes(site.path(), " to ").unwrap_or_default()
}

fn grant(site: &Site<'_>) -> Statement {
    let (group, member) = parts(site);
    let told = |fact: &str| {
        let value = site.object.facts.get(fact)?.as_bool()?;
        Some(format!("{fact} {value}"))
    };
    let options = match site.major {
        16.. => ["admin", "inherit", "set"]
            .into_iter()
            .filter_map(told)
            .collect::<Vec<_>>()
            .join(", "),
        _ if site.object.is("admin") => "admin option".to_owned(),
        _ => String::new(),
    };
    let with = match options.as_str() {
        "" => String::new(),
        options => format!(" with {options}"),
    };
    rehearsed(
        group,
        Statement::new(format!("grant {group} to {member}{with}")),
    )
}

/// What reaches the host is given to nobody in a scratch.
fn rehearsed(group: &str, statement: Statement) -> Statement {
    match group.starts_with("pg_") {
        true => statement.unrehearsed(),
        false => statement,
    }
}

/// Either role may be gone by then, the second time.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let (group, member) = parts(site);
    let is_there = format!(
        "to_regrole({}) is not null and to_regrole({}) is not null",
        sql::literal(group),
        sql::literal(member)
    );
    let revoke = format!("revoke {group} from {member}");
    vec![rehearsed(group, Statement::guarded(&is_there, &revoke))]
}

fn alter(site: &Site<'_>, _: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let (group, member) = parts(site);
    let is_less = site.major < 16 && facts.contains("admin") && !site.object.is("admin");
    let statement = match is_less {
        true => rehearsed(
            group,
            Statement::new(format!("revoke admin option for {group} from {member}")),
        ),
        false => grant(site),
    };
    Alteration::Steps(vec![statement])
}
