//! Words that rules of many classes share.

use super::{Site, Statement};
use crate::contract::{ClassName, Object, ObjectId};
use crate::sql;

/// What paths call the database that is read: both sides have other names for it.
pub(in crate::classes) const THIS_DATABASE: &str = "database (current)";

/// A statement about the database it runs in, whatever its name is; that stands between the two parts.
pub(in crate::classes) fn in_this_database(before: &str, after: &str) -> Statement {
    let (before, after) = (sql::literal(before), sql::literal(after));
    let body = format!(
        "begin\n  execute {} || quote_ident(current_database()) || {};\nend",
        before.trim_start(),
        after.trim_start()
    );
    Statement::new(format!("do {}", dollar_quoted(&body)))
}

/// Statements that name a role which goes in the same plan: the second time it is gone, and they with it.
pub(in crate::classes) fn while_role(
    site: &Site<'_>,
    role: &str,
    statements: Vec<Statement>,
) -> Vec<Statement> {
    let id = ObjectId::new(ClassName::new("role"), role);
    if site.whole.get(&id).is_none() || site.other.get(&id).is_some() {
        return statements;
    }
    let is_there = format!("to_regrole({}) is not null", sql::literal(role));
    let guarded = statements.into_iter().map(|statement| {
        let execute = format!("execute {}", sql::literal(&statement.sql).trim_start());
        Statement {
            sql: Statement::guarded(&is_there, &execute).sql,
            mergeable: None,
            ..statement
        }
    });
    guarded.collect()
}

/// Splits a qualified name before its last part: `public.t.c` into `public.t` and `c`, both quoted.
pub(in crate::classes) fn head_and_name(path: &str) -> (&str, &str) {
    let mut in_quotes = false;
    let mut at = None;
    for (index, c) in path.char_indices() {
        match c {
            '"' => in_quotes = !in_quotes,
            '.' if !in_quotes => at = Some(index),
            _ => {}
        }
    }
    at.map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// The name of what makes room for another one, within the 63 bytes that a name may have.
pub(in crate::classes) fn put_aside(name: &str, suffix: &str) -> String {
    let name = sql::parts(name).concat();
    let mut end = name.len().min(62 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{suffix}", &name[..end])
}

/// Splits where a text first stands outside of quotes.
pub(in crate::classes) fn split_outside_quotes<'a>(
    text: &'a str,
    at: &str,
) -> Option<(&'a str, &'a str)> {
    let mut in_quotes = false;
    for (index, c) in text.char_indices() {
        if c == '"' {
            in_quotes = !in_quotes;
        }
        if !in_quotes && text[index..].starts_with(at) {
            return Some((&text[..index], &text[index + at.len()..]));
        }
    }
    None
}

/// A text between dollar quotes whose tag does not stand in it.
pub(in crate::classes) fn dollar_quoted(body: &str) -> String {
    let mut tag = "pgpact".to_owned();
    while body.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("${tag}$\n{}\n${tag}$", body.trim_matches('\n'))
}

/// Drops an object; where another class has the name afterwards, only while it is still of this one.
pub(in crate::classes) fn drop_while(site: &Site<'_>, word: &str, condition: &str) -> Statement {
    let drop = format!("drop {word} if exists {}", site.path());
    match site.is_succeeded() {
        true => Statement::guarded(condition, &drop),
        false => Statement::new(drop),
    }
}

/// The condition that a relation is of a kind, by `pg_class.relkind`.
pub(in crate::classes) fn is_relation(site: &Site<'_>, kinds: &str) -> String {
    format!(
        "exists (select from pg_class where oid = to_regclass({}) and relkind in ({kinds}))",
        sql::literal(site.path())
    )
}

/// The address of what SQL knows as `WORD qualified.name`.
pub(in crate::classes) fn plain_address(word: &str, object: &Object) -> String {
    format!("{word} {}", object.id.path)
}

/// The address of what SQL knows as `WORD name on relation`.
pub(in crate::classes) fn address_on(word: &str, object: &Object) -> String {
    let relation = object.parent.as_ref().map_or("", |id| &id.path);
    let path = &object.id.path;
    let name = path
        .strip_prefix(relation)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(path);
    format!("{word} {name} on {relation}")
}

/// Makes an object of a catalog that has neither `or replace` nor `if not exists`, where there is none yet.
/// `prefix` begins the catalog's columns, as in `opfname` and `opfnamespace`.
pub(in crate::classes) fn make_once(
    path: &str,
    catalog: &str,
    prefix: &str,
    and: &str,
    sql: &str,
) -> Statement {
    let condition = format!("not {}", exists_in(path, catalog, prefix, and));
    Statement::guarded(&condition, sql)
}

/// The condition that a catalog has an object of that qualified name.
pub(in crate::classes) fn exists_in(path: &str, catalog: &str, prefix: &str, and: &str) -> String {
    let (schema, name) = head_and_name(path);
    let name = sql::parts(name).concat();
    format!(
        "exists (select from {catalog} where {prefix}name = {} and {prefix}namespace = to_regnamespace({}){and})",
        sql::literal(&name),
        sql::literal(schema),
    )
}

/// Adds `word = fact` for each of the facts that is there.
pub(in crate::classes) fn clauses(object: &Object, facts: &[(&str, &str)]) -> Vec<String> {
    let clause = |(fact, word): &(&str, &str)| {
        let value = object.facts.get(*fact)?;
        Some(match value {
            serde_json::Value::String(text) => format!("{word} = {text}"),
            other => format!("{word} = {other}"),
        })
    };
    facts.iter().filter_map(clause).collect()
}
