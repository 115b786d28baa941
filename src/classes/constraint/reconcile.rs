//! Constraints: added without looking at rows, then validated while others read and write.

use std::collections::BTreeSet;

use super::enforcement::{self, enforce};
use super::{backing, inheritance};
use crate::classes::domain::reconcile as domains;
use crate::classes::index::reconcile::names;
use crate::classes::renaming;
use crate::classes::rules::{
    Alteration, Disturbance, Lock, Rules, Site, Statement, address_on, texts,
};
use crate::classes::table::reconcile as tables;
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(super) const RULES: Rules = Rules {
    evaluates: true,
    create,
    drop,
    alter,
    address,
    relation: backing::relation,
    renews_parent: |site| match is_of_domain(site.object) && site.object.is("validated") {
        true => domains::renewed(&site.at(site.parent()?)),
        false => None,
    },
    disturbance: |object| match object.text("kind") {
        // Both ends have to have the new type before it can hold again.
        Some("foreign key") => Disturbance::Recreate,
        _ => Disturbance::Survives,
    },
    rename: renamed,
    waits_for: |site| {
        let mut found = names::tables(site);
        found.extend(enforcement::tables(site));
        found.extend(referred_partition(site));
        found
    },
    lets_go,
    arrived,
    heirs,
    ..Rules::NONE
};

fn is_of_domain(object: &Object) -> bool {
    object
        .parent
        .as_ref()
        .is_some_and(|id| id.class.as_str() == "domain")
}

/// The same check of tables that inherit it.
fn heirs(site: &Site<'_>) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let is_check = site.text("kind") == "check" && !is_of_domain(site.object);
    let mut pending: Vec<&ObjectId> = site.object.parent.iter().filter(|_| is_check).collect();
    while let Some(table) = pending.pop() {
        for child in site.whole.dependents(table) {
            let inherits = site
                .whole
                .get(child)
                .is_some_and(|child| texts(child, "inherits").contains(&&*table.path));
            let path = format!("{}.{}", child.path, site.own_name());
            let id = ObjectId::new(site.object.id.class.clone(), path);
            if inherits && !found.contains(&id) {
                found.push(id);
                pending.push(child);
            }
        }
    }
    found
}

/// A partition of the table that a foreign key refers to is detached before it goes.
fn lets_go(site: &Site<'_>, other: &Object) -> bool {
    let references = site.text("references");
    let is_own = |path: &str| path == references || path == site.parent_path();
    let is_other = |one: &Object| {
        one.text("partition_bound").is_some() && !references.is_empty() && !is_own(&one.id.path)
    };
    let table = other.parent.as_ref().and_then(|id| site.whole.get(id));
    is_other(other) || table.is_some_and(is_other)
}

/// The condition that a foreign key is there which was not, or referred to something else: one that goes with its table.
fn arrived(site: &Site<'_>) -> Option<String> {
    let references = site.object.text("references")?;
    let there = site.other.get(&site.object.id);
    if there.and_then(|there| there.text("references")) == Some(references) {
        return None;
    }
    Some(format!(
        "exists (select from pg_constraint where conrelid = to_regclass({}) and conname = {} and confrelid = to_regclass({}))",
        sql::literal(site.parent_path()),
        site.name_literal(),
        sql::literal(references)
    ))
}

/// The partition that a foreign key refers to, with the keys above it: its own may be a part of one of these, and comes
/// when it is attached or they are made.
fn referred_partition(site: &Site<'_>) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut path = site.object.text("references");
    while let Some(table) = path.and_then(|path| site.whole.get(&tables::table_of(path))) {
        let is_part = table.text("partition_bound").is_some();
        if Some(&table.id) == site.object.parent.as_ref() || !is_part && found.is_empty() {
            break;
        }
        let keys = site.whole.children(&table.id).iter().filter(|child| {
            ["primary key", "unique"].contains(&child.text("kind").unwrap_or_default())
        });
        found.extend(keys.map(|key| key.id.clone()));
        found.extend(is_part.then(|| table.id.clone()));
        path = texts(table, "inherits")
            .first()
            .copied()
            .filter(|_| is_part);
    }
    found
}

fn address(object: &Object) -> String {
    let address = address_on("constraint", object);
    if is_of_domain(object) {
        address.replacen(" on ", " on domain ", 1)
    } else {
        address
    }
}

/// The word for what it is on, and the condition on `pg_constraint` that it is on that.
fn on(site: &Site<'_>) -> (&'static str, String) {
    let relation = site.parent_path();
    match is_of_domain(site.object) {
        true => (
            "domain",
            format!("contypid = {}::regtype", sql::literal(relation)),
        ),
        false => (
            "table",
            format!("conrelid = {}::regclass", sql::literal(relation)),
        ),
    }
}

/// The word for what it is on, and the condition that it is not there.
fn absence(site: &Site<'_>) -> (&'static str, String) {
    let (word, catalog) = on(site);
    // One that a parent's has made is not yet the table's own.
    let missing = format!(
        "not exists (select from pg_constraint where {catalog} and conname = {} and (conislocal or contypid <> 0))",
        site.name_literal()
    );
    (word, missing)
}

fn create(site: &Site<'_>) -> Vec<Statement> {
    let relation = site.parent_path();
    let (word, missing) = absence(site);
    let kind = site.text("kind");
    let is_later = !site.is_inside_new
        && site.object.is("validated")
        && ["check", "foreign key"].contains(&kind);
    let is_partitioned = site
        .parent()
        .is_some_and(|table| table.text("partition_key").is_some());
    // A foreign key of a partitioned table cannot wait before 18.
    let is_later = is_later && !(is_partitioned && kind == "foreign key" && site.major < 18);
    // With arrays of a domain in columns none of its checks can be validated.
    let is_later = is_later && !domains::is_held_within(site);
    // What is not enforced is not valid without a word.
    let is_loose = !site.object.is("validated") && !site.object.is("not_enforced");
    let not_valid = if is_later || is_loose {
        " not valid"
    } else {
        ""
    };
    let add = format!(
        "alter {word} {relation} add constraint {} {}{not_valid}",
        site.own_name(),
        definition(site)
    );
    let lock = if kind == "foreign key" {
        Lock::ShareRowExclusive
    } else {
        Lock::AccessExclusive
    };
    let mut statement = Statement::guarded(&missing, &add).lock(site, lock, relation);
    if site.object.is("validated") {
        if !is_later {
            statement = statement.can_fail(site, "where rows break it");
        }
        statement = counted(site, statement);
    }
    if !is_later && not_valid.is_empty() {
        statement = statement.scanning(site);
    }
    let mut statements = vec![statement];
    if is_later {
        statements.push(validate(site));
    }
    if !site.object.is("enforced") && !site.object.is("not_enforced") {
        statements.push(enforce(site));
    }
    statements.extend(backing::of_new(site));
    statements
}

/// Asks for the rows that would break it, where a query can say so.
fn counted(site: &Site<'_>, statement: Statement) -> Statement {
    let Some(query) = violations(site) else {
        return statement;
    };
    let table = site.parent_path();
    let (what, key) = match site.text("kind") {
        "primary key" | "unique" => {
            let own = site.list("columns").into_iter().map(sql::identifier);
            ("keys held by more than one row", own.collect())
        }
        _ => ("rows", site.key_of(table)),
    };
    let question = format!("{what} of {table} against {}", site.own_name());
    statement.checked(site, &question, query, key)
}

fn validate(site: &Site<'_>) -> Statement {
    let word = if is_of_domain(site.object) {
        "domain"
    } else {
        "table"
    };
    let text = format!(
        "alter {word} {} validate constraint {}",
        site.parent_path(),
        site.own_name()
    );
    Statement::new(&text)
        .after(text)
        .lock(site, Lock::ShareUpdateExclusive, site.parent_path())
        .scanning(site)
        .can_fail(site, "where rows break it")
}

fn columns(site: &Site<'_>, fact: &str) -> String {
    let quoted: Vec<String> = site.list(fact).into_iter().map(sql::identifier).collect();
    quoted.join(", ")
}

fn definition(site: &Site<'_>) -> String {
    let object = site.object;
    let mut text = match site.text("kind") {
        "check" => format!("check ({})", site.text("expression")),
        "foreign key" => foreign_key(site),
        "exclusion" => site.text("definition").to_owned(),
        kind => {
            let nulls = if object.is("nulls_not_distinct") {
                " nulls not distinct"
            } else {
                ""
            };
            let overlaps = if object.is("without_overlaps") {
                " without overlaps"
            } else {
                ""
            };
            let mut key = format!("{kind}{nulls} ({}{overlaps})", columns(site, "columns"));
            if !site.list("include").is_empty() {
                key += &format!(" include ({})", columns(site, "include"));
            }
            let options = site.list("options");
            if !options.is_empty() {
                key += &format!(" with ({})", options.join(", "));
            }
            if let Some(space) = object.text("tablespace") {
                key += &format!(" using index tablespace {space}");
            }
            key
        }
    };
    if object.is("no_inherit") {
        text += " no inherit";
    }
    if object.is("not_enforced") {
        text += " not enforced";
    }
    if object.is("deferrable") {
        text += " deferrable";
    }
    if object.is("initially_deferred") {
        text += " initially deferred";
    }
    text
}

fn foreign_key(site: &Site<'_>) -> String {
    let period = |list: String| match list.rsplit_once(", ") {
        Some((head, last)) if site.object.is("period") => format!("{head}, period {last}"),
        _ => list,
    };
    let mut text = format!(
        "foreign key ({}) references {} ({})",
        period(columns(site, "columns")),
        site.text("references"),
        period(columns(site, "referenced_columns"))
    );
    if site.text("match") != "simple" {
        text += &format!(" match {}", site.text("match"));
    }
    for (word, fact) in [("on update", "on_update"), ("on delete", "on_delete")] {
        if site.text(fact) != "no action" {
            text += &format!(" {word} {}", site.text(fact));
        }
    }
    if !site.list("on_delete_columns").is_empty() {
        text += &format!(" ({})", columns(site, "on_delete_columns"));
    }
    text
}

/// Rows that would break it, where a query can say so.
fn violations(site: &Site<'_>) -> Option<String> {
    let table = site.parent_path();
    if is_of_domain(site.object) {
        return None;
    }
    match site.text("kind") {
        "check" => Some(format!(
            "select from {table} where not ({})",
            site.text("expression")
        )),
        "primary key" | "unique" => {
            let list = columns(site, "columns");
            let filled: Vec<String> = site
                .list("columns")
                .into_iter()
                .map(|name| format!("{} is not null", sql::identifier(name)))
                .collect();
            let filter = if site.object.is("nulls_not_distinct") {
                "true".to_owned()
            } else {
                filled.join(" and ")
            };
            Some(format!(
                "select from {table} where {filter} group by {list} having count(*) > 1"
            ))
        }
        "foreign key" => {
            let pairs = site
                .list("columns")
                .into_iter()
                .zip(site.list("referenced_columns"));
            let (mut equal, mut filled) = (Vec::new(), Vec::new());
            for (own, other) in pairs {
                equal.push(format!(
                    "f.{} = t.{}",
                    sql::identifier(other),
                    sql::identifier(own)
                ));
                filled.push(format!("t.{} is not null", sql::identifier(own)));
            }
            Some(format!(
                "select from {table} t where {} and not exists (select from {} f where {})",
                filled.join(" and "),
                site.text("references"),
                equal.join(" and ")
            ))
        }
        _ => None,
    }
}

fn renamed(from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let (relation, old) = (from.parent_path(), from.own_name());
    let (word, catalog) = on(from);
    let text = format!(
        "alter {word} {relation} rename constraint {old} to {}",
        to.own_name()
    );
    let rows = format!("select from pg_constraint where {catalog}");
    let statement = renaming::inside(&text, (&rows, "conname"), from, to);
    Some(statement)
}

fn drop(site: &Site<'_>) -> Vec<Statement> {
    let given_up = match site.text("kind") {
        "check" => inheritance::given_up(site),
        _ => site.joins_a_whole().then(|| inheritance::while_own(site)),
    };
    if let Some(statement) = given_up {
        return vec![statement];
    }
    let word = if is_of_domain(site.object) {
        "domain"
    } else {
        "table"
    };
    let text = format!(
        "alter {word} if exists {} drop constraint if exists {}",
        site.parent_path(),
        site.own_name()
    );
    let text = if word == "domain" {
        text.replacen("domain if exists", "domain", 1)
    } else {
        text
    };
    vec![Statement::new(text).lock(site, Lock::AccessExclusive, site.parent_path())]
}

fn alter(site: &Site<'_>, there: &Object, facts: &BTreeSet<&str>) -> Alteration {
    let in_place = ["validated", "enforced", "deferrable", "initially_deferred"];
    let is_key = site.text("kind") == "foreign key";
    let is_in_place = |fact: &&str| in_place.contains(fact) || backing::FACTS.contains(fact);
    if !facts.iter().all(is_in_place)
        || facts.contains("validated") && there.is("validated")
        || facts.iter().any(|fact| fact.contains("defer")) && !is_key
    {
        return Alteration::Replace;
    }
    let mut statements = backing::changed(site, there, facts);
    if facts.iter().any(|fact| fact.contains("defer")) {
        let defer = match (
            site.object.is("deferrable"),
            site.object.is("initially_deferred"),
        ) {
            (true, true) => "deferrable initially deferred",
            (true, false) => "deferrable initially immediate",
            (false, _) => "not deferrable",
        };
        let text = format!(
            "alter table {} alter constraint {} {defer}",
            site.parent_path(),
            site.own_name()
        );
        statements.push(Statement::new(text).lock(site, Lock::AccessExclusive, site.parent_path()));
    }
    if facts.contains("enforced") {
        statements.push(enforce(site));
    }
    if facts.contains("validated") {
        statements.push(validate(site));
    }
    Alteration::Steps(statements)
}
