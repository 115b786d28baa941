//! What may be in the way of an index: equal keys, and what a build that was broken off left behind.

use crate::classes::rules::{Site, Statement, head_and_name};
use crate::sql;

/// A unique index fails on equal keys, which are counted first.
pub(super) fn of_distinct(site: &Site<'_>, statement: Statement) -> Statement {
    let table = site.text("table");
    let keys = plain_keys(site);
    let filled = match site.object.is("nulls_not_distinct") {
        true => "true".to_owned(),
        false => keys
            .iter()
            .map(|key| format!("({key}) is not null"))
            .collect::<Vec<_>>()
            .join(" and "),
    };
    let covered = site.object.text("predicate").unwrap_or("true");
    let query = format!(
        "select from {table} where {filled} and ({covered}) group by {} having count(*) > 1",
        keys.join(", ")
    );
    let question = format!(
        "keys held by more than one row of {table} against {}",
        head_and_name(site.path()).1
    );
    statement
        .can_fail(site, "where rows have equal keys")
        .checked(site, &question, query, keys)
}

/// The keys without their order, which a query that groups by them does not take.
fn plain_keys(site: &Site<'_>) -> Vec<String> {
    let plain = |key: &str| {
        let endings = [" nulls first", " nulls last", " desc"];
        endings.iter().fold(key.to_owned(), |key, ending| {
            key.strip_suffix(ending).map(str::to_owned).unwrap_or(key)
        })
    };
    site.list("keys").into_iter().map(plain).collect()
}

/// What a build that was broken off left behind has the name and is of no use.
pub(super) fn without_leftover(site: &Site<'_>) -> Option<Statement> {
    if site.other.get(&site.object.id).is_some() {
        return None;
    }
    let path = site.path();
    let is_left = format!(
        "exists (select from pg_index where indexrelid = to_regclass({}) and not indisvalid)",
        sql::literal(path)
    );
    let statement = Statement::guarded(&is_left, &format!("drop index {path}"));
    let text = statement.sql.clone();
    Some(statement.after(text))
}
