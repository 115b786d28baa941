//! Materialized views: made empty, filled after the transaction.

use std::collections::BTreeSet;

use crate::classes::column::reconcile::usual_storage;
use crate::classes::grant::reconcile::without_defaults;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Lock, Rules, Site, Statement, dollar_quoted, drop_while, is_relation, plain_address,
};
use crate::classes::table::reconcile::changed_options;
use crate::classes::view::reconcile::sorting;
use crate::contract::Object;
use crate::sql;

pub(super) const RULES: Rules = Rules {
    evaluates: true,
    create,
    drop,
    alter,
    address: |object| plain_address("materialized view", object),
    granted_as: Some("table"),
    rename: |from, to| renaming::relation("materialized view", from, to),
    waits_for: sorting,
    ..Rules::NONE
};

fn create(site: &Site<'_>) -> Vec<Statement> {
    let options = site.list("options");
    let with = if options.is_empty() {
        String::new()
    } else {
        format!(" with ({})", options.join(", "))
    };
    let method = site
        .object
        .text("access_method")
        .map_or_else(String::new, |name| format!(" using {name}"));
    let tablespace = site
        .object
        .text("tablespace")
        .map_or_else(String::new, |name| format!(" tablespace {name}"));
    let query = site.text("definition").trim_end().trim_end_matches(';');
    let mut statements = vec![Statement::new(format!(
        "create materialized view if not exists {}{method}{with}{tablespace} as\n{query}\nwith no data",
        site.path()
    ))];
    statements.extend(without_defaults(site, "table"));
    statements.extend(column_settings(site, &[]));
    if site.object.is("populated") {
        statements.push(refresh(site));
    }
    statements
}

/// Filled by its owner, with the tables as they are then.
fn refresh(site: &Site<'_>) -> Statement {
    let path = site.path();
    let plain = format!("refresh materialized view {path}");
    let refresh = match reads_of_others(site) {
        true => refresh_for_owner(path, &plain),
        false => plain,
    };
    let mut statement = Statement::new(&refresh).after(refresh);
    statement.risk.lock = Some((Lock::AccessExclusive, site.path().to_owned()));
    statement.risk.scans = true;
    statement
}

/// Whether something it reads belongs to somebody else, who may not let its owner read.
fn reads_of_others(site: &Site<'_>) -> bool {
    let owner = |object: &Object| {
        let mut children = site.whole.children(&object.id).iter();
        children.find_map(|child| child.text("owner"))
    };
    let own = owner(site.object);
    let needs = site.whole.contract.needs.get(&site.object.id);
    let objects = needs
        .into_iter()
        .flatten()
        .filter_map(|id| site.whole.get(id));
    let parent = |object: &Object| site.whole.get(object.parent.as_ref()?);
    let owners = objects.filter_map(|object| owner(object).or_else(|| owner(parent(object)?)));
    owners.into_iter().any(|other| Some(other) != own)
}

/// It is filled with its owner's rights: where these are not enough, it was filled when it was somebody else's.
fn refresh_for_owner(path: &str, refresh: &str) -> String {
    let body = format!(
        "declare\n  owner name := (select pg_get_userbyid(relowner) from pg_class where oid = {}::regclass);\nbegin\n  {refresh};\nexception when insufficient_privilege then\n  alter materialized view {path} owner to current_user;\n  {refresh};\n  execute format('alter materialized view %s owner to %I', {}, owner);\nend",
        sql::literal(path),
        sql::literal(path),
    );
    format!("do {}", dollar_quoted(&body))
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    vec![drop_while(
        site,
        "materialized view",
        &is_relation(site, "'m'"),
    )]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let mut known = vec!["populated", "options", "tablespace", "column_settings"];
    if site.major >= 15 {
        known.push("access_method");
    }
    if facts.iter().any(|fact| !known.contains(fact)) {
        return Alteration::Replace;
    }
    let mut statements = Vec::new();
    if facts.contains("options") {
        let head = format!("alter materialized view {}", site.path());
        statements.extend(changed_options(site, there, "options", &head));
    }
    for (fact, words, usual) in [
        ("access_method", "access method", "heap"),
        ("tablespace", "tablespace", "pg_default"),
    ] {
        if facts.contains(fact) {
            let name = site.object.text(fact).unwrap_or(usual);
            let text = format!("alter materialized view {} set {words} {name}", site.path());
            let statement = Statement::new(text).lock(site, Lock::AccessExclusive, site.path());
            statements.push(statement.rewriting(site));
        }
    }
    if facts.contains("column_settings") {
        statements.extend(column_settings(site, &settings_of(there)));
    }
    if facts.contains("populated") {
        statements.push(match site.object.is("populated") {
            true => refresh(site),
            false => Statement::new(format!(
                "refresh materialized view {} with no data",
                site.path()
            )),
        });
    }
    Alteration::Steps(statements)
}

/// Columns with what is set for them, as `alter column` says it.
fn settings_of(object: &Object) -> Vec<(String, String)> {
    let list = object.facts.get("column_settings");
    list.and_then(|list| serde_json::from_value(list.clone()).ok())
        .unwrap_or_default()
}

/// What is gone goes back to what is usual, then what is new is set.
fn column_settings(site: &Site<'_>, there: &[(String, String)]) -> Vec<Statement> {
    let wanted = settings_of(site.object);
    let view = site.path();
    let gone = there.iter().filter(|one| !wanted.contains(one));
    let undone = gone.map(|(name, setting)| {
        let column = sql::identifier(name);
        let words: Vec<&str> = setting.split([' ', '(', '=']).collect();
        let action = match words.as_slice() {
            [_, "storage", ..] => return usual_storage(view, &column),
            [_, "statistics", ..] => "set statistics -1".to_owned(),
            [_, "compression", ..] => "set compression default".to_owned(),
            [_, "", option, ..] => format!("reset ({option})"),
            _ => setting.clone(),
        };
        Statement::new(format!(
            "alter materialized view {view} alter column {column} {action}"
        ))
    });
    let new = wanted.iter().filter(|one| !there.contains(one));
    let done = new.map(|(name, setting)| {
        let column = sql::identifier(name);
        Statement::new(format!(
            "alter materialized view {view} alter column {column} {setting}"
        ))
    });
    undone.chain(done).collect()
}
