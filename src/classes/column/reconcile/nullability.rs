//! Not null: proven before it is set, given up where tables that inherit the column may keep it.

use super::{heirs, named_not_null, takes_heirs};
use crate::classes::rules::{Lock, Site, Statement, head_and_name, texts};
use crate::contract::Object;
use crate::sql;

/// A table that inherits a column may keep what its parent gives up, by a key even: then each gives it up alone.
fn apart_from_heirs(site: &Site<'_>, action: &str) -> Option<Vec<Statement>> {
    let heirs = heirs(site);
    let heirs: Vec<&Object> = heirs.iter().filter_map(|id| site.whole.get(id)).collect();
    if !heirs.iter().any(|heir| heir.is("not_null")) {
        return None;
    }
    let alone = |object: &Object| {
        let table = head_and_name(&object.id.path).0;
        let text = format!("alter table only {table} {action}");
        Statement::new(text).lock(site, Lock::AccessExclusive, table)
    };
    let others = heirs
        .into_iter()
        .filter(|heir| !heir.is("not_null") && site.other.get(&heir.id).is_some());
    Some(
        std::iter::once(site.object)
            .chain(others)
            .map(alone)
            .collect(),
    )
}

/// The second time a key of a partition may hold what the whole gives up.
fn once_for_partitions(site: &Site<'_>, action: &str) -> Option<Statement> {
    let heirs = heirs(site);
    let mut heirs = heirs.iter().filter_map(|id| site.whole.get(id));
    heirs.find(|heir| heir.is("not_null"))?;
    let table = head_and_name(site.path()).0;
    let is_so = format!(
        "exists (select from pg_attribute where attrelid = to_regclass({}) and attname = {} and attnotnull)",
        sql::literal(table),
        site.name_literal()
    );
    let text = format!("alter table {table} {action}");
    let statement = Statement::guarded(&is_so, &text);
    Some(statement.lock(site, Lock::AccessExclusive, table))
}

/// A primary key sets it as well, and since Postgres 18 under a name of its own choice where a partition has the usual one.
fn is_named_by_key(site: &Site<'_>) -> bool {
    let own = site.own_name();
    let is_key = |key: &Object| {
        key.text("kind") == Some("primary key")
            && texts(key, "columns")
                .iter()
                .any(|column| sql::identifier(column) == own)
    };
    let mut around = (site.parent().into_iter())
        .flat_map(|table| site.whole.children(&table.id).iter().copied());
    site.major >= 18 && !heirs(site).is_empty() && around.any(is_key)
}

/// Not null is proven by a check that is validated while others read and write, then set at once.
pub(super) fn changed(site: &Site<'_>, is_alone: bool) -> Vec<Statement> {
    let (table, name) = head_and_name(site.path());
    if !site.object.is("not_null") {
        let action = format!("alter column {name} drop not null");
        let is_partitioned = (site.parent()).is_some_and(|one| one.text("partition_key").is_some());
        if !is_partitioned && let Some(statements) = apart_from_heirs(site, &action) {
            return statements;
        }
        if is_partitioned && let Some(statement) = once_for_partitions(site, &action) {
            return vec![statement];
        }
        return vec![Statement::action(table, action).lock(site, Lock::AccessExclusive, table)];
    }
    let set = named_not_null::set(site);
    let query = format!("select from {table} where {name} is null");
    if takes_heirs(site) || is_named_by_key(site) {
        let question = format!("rows of {table} with null in {name}");
        let statement = Statement::new(set)
            .lock(site, Lock::AccessExclusive, table)
            .scanning(site)
            .can_fail(site, "where rows hold null");
        let mut statements = match is_named_by_key(site) {
            true => named_not_null::renamed_heirs(site),
            false => Vec::new(),
        };
        statements.push(statement.checked(site, &question, query, site.key_of(table)));
        return statements;
    }
    let check = sql::identifier(&format!("{}_is_not_null", sql::parts(name).concat()));
    let guard = format!(
        "alter table {table} drop constraint if exists {check}, add constraint {check} check ({name} is not null) not valid"
    );
    let validate = format!("alter table {table} validate constraint {check}");
    let unguard = format!("alter table {table} drop constraint if exists {check}");
    let later = |sql: String| {
        let statement = Statement::new(sql.clone());
        if is_alone {
            statement.after(sql)
        } else {
            statement
        }
    };
    vec![
        Statement::new(guard)
            .lock(site, Lock::AccessExclusive, table)
            .checked(
                site,
                &format!("rows of {table} with null in {name}"),
                query,
                site.key_of(table),
            ),
        later(validate)
            .lock(site, Lock::ShareUpdateExclusive, table)
            .scanning(site)
            .can_fail(site, "where rows hold null"),
        later(set).lock(site, Lock::AccessExclusive, table),
        later(unguard).lock(site, Lock::AccessExclusive, table),
    ]
}
