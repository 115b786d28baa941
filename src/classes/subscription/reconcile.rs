//! Subscriptions: the connection is not known, so a new one has to be given it by hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::rules::{Alteration, Rules, Site, Statement, plain_address, texts};
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    create,
    drop,
    alter,
    address: |object| plain_address("subscription", object),
    by_hand: |site| {
        let is_new = site.other.get(&site.object.id).is_none();
        is_new.then(|| "its connection string is a secret, which is not read; put it in place of host=redacted and run by hand what stands below".to_owned())
    },
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let missing = exists(site, "not ", "true");
    let mut settings = vec!["connect = false".to_owned(), slot(site)];
    settings.extend(site.list("options").into_iter().map(setting));
    let text = format!(
        "create subscription {} connection 'host=redacted' publication {} with ({})",
        site.path(),
        publications(site),
        settings.join(", ")
    );
    let mut statement = Statement::guarded(&missing, &text);
    statement.risk.can_fail =
        Some("to connect until its connection string is put in place of host=redacted".to_owned());
    let mut statements = vec![statement];
    if site.object.is("enabled") {
        statements.push(enabled(site));
    }
    statements
}

fn exists(site: &Site<'_>, not: &str, condition: &str) -> String {
    format!(
        "{not}exists (select from pg_subscription s join pg_database d on d.oid = s.subdbid and d.datname = current_database() where s.subname = {} and {condition})",
        site.name_literal()
    )
}

fn publications(site: &Site<'_>) -> String {
    let names: Vec<String> = site
        .list("publications")
        .into_iter()
        .map(sql::identifier)
        .collect();
    names.join(", ")
}

fn slot(site: &Site<'_>) -> String {
    let slot = site.object.text("slot").map(sql::literal);
    format!(
        "slot_name = {}",
        slot.unwrap_or_else(|| "none".to_owned()).trim_start()
    )
}

fn setting(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, "true"));
    format!("{name} = {value}")
}

fn enabled(site: &Site<'_>) -> Statement {
    let word = if site.object.is("enabled") {
        "enable"
    } else {
        "disable"
    };
    Statement::new(format!("alter subscription {} {word}", site.path()))
}

/// The slot on the other side stays: dropping it needs the connection, and nothing in a transaction.
fn drop(site: &Site<'_>) -> Vec<Statement> {
    let path = site.path();
    let text = format!(
        "alter subscription {path} disable;\n    alter subscription {path} set (slot_name = none);\n    drop subscription {path}"
    );
    vec![Statement::guarded(&exists(site, "", "true"), &text)]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let head = format!("alter subscription {}", site.path());
    let mut statements = Vec::new();
    if facts.contains("publications") {
        statements.push(Statement::new(format!(
            "{head} set publication {} with (refresh = false)",
            publications(site)
        )));
    }
    if facts.contains("options")
        && let Err(why) = options(site, there, &mut statements)
    {
        return Alteration::Impossible(why);
    }
    if facts.contains("slot") {
        statements.push(Statement::new(format!("{head} set ({})", slot(site))));
    }
    if facts.contains("enabled") {
        // A slot is taken away from one that does not run, and one that has none cannot.
        let at = if site.object.is("enabled") {
            statements.len()
        } else {
            0
        };
        statements.insert(at, enabled(site));
    }
    Alteration::Steps(statements)
}

fn options(
    site: &Site<'_>,
    there: &Object,
    statements: &mut Vec<Statement>,
) -> Result<(), &'static str> {
    let usual = BTreeMap::from([
        ("synchronous_commit", "off"),
        ("origin", "any"),
        ("password_required", "true"),
    ]);
    let (wanted, live) = (site.list("options"), texts(there, "options"));
    let name = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let mut settings: Vec<String> = wanted
        .iter()
        .filter(|option| !live.contains(option))
        .map(|option| setting(option))
        .collect();
    for gone in live
        .iter()
        .filter(|one| !wanted.iter().any(|other| name(other) == name(one)))
    {
        let name = name(gone);
        let value = usual.get(&*name).unwrap_or(&"false");
        settings.push(format!("{name} = {value}"));
    }
    if settings
        .iter()
        .any(|setting| setting.starts_with("two_phase"))
        && site.major < 18
    {
        return Err("two-phase commit is decided when a subscription is made");
    }
    statements.push(Statement::new(format!(
        "alter subscription {} set ({})",
        site.path(),
        settings.join(", ")
    )));
    Ok(())
}
