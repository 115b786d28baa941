//! How objects get another name: each statement runs only while the old name is there and the new one is not.

use super::rules::{Lock, Site, Statement, exists_in, head_and_name, split_outside_quotes};
use crate::sql;

/// A relation, after `alter WORD`.
pub(super) fn relation(word: &str, from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let lock = match word {
        "index" => Lock::ShareUpdateExclusive,
        _ => Lock::AccessExclusive,
    };
    let statement = looked_up("to_regclass", word, from, to);
    Some(statement.lock(from, lock, from.path()))
}

/// A type, after `alter WORD`.
pub(super) fn data_type(word: &str, from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    Some(looked_up("to_regtype", word, from, to))
}

/// A function, procedure or aggregate of the same arguments; `address` is what stands after `alter`.
pub(super) fn routine(address: &str, from: &Site<'_>, to: &Site<'_>) -> Option<Statement> {
    let (name, arguments) = split_outside_quotes(to.path(), "(")?;
    let (_, old) = split_outside_quotes(from.path(), "(")?;
    let condition = free("to_regprocedure", from.path(), to.path());
    let text = format!("alter {address} rename to {}", head_and_name(name).1);
    (arguments == old).then(|| Statement::guarded(&condition, &text))
}

/// What has a catalog of its own with a name and a schema, after `alter WORD`.
pub(super) fn in_catalog(
    word: &str,
    (catalog, prefix): (&str, &str),
    from: &Site<'_>,
    to: &Site<'_>,
) -> Option<Statement> {
    let there = |path| exists_in(path, catalog, prefix, "");
    let condition = format!("{} and not {}", there(from.path()), there(to.path()));
    let text = format!(
        "alter {word} {} rename to {}",
        from.path(),
        head_and_name(to.path()).1
    );
    Some(Statement::guarded(&condition, &text))
}

/// What is inside of a relation: `exists` tells the catalog's rows of the relation, `column` their names.
pub(super) fn inside(
    text: &str,
    (exists, column): (&str, &str),
    from: &Site<'_>,
    to: &Site<'_>,
) -> Statement {
    let named =
        |site: &Site<'_>| format!("exists ({exists} and {column} = {})", site.name_literal());
    let condition = format!("{} and not {}", named(from), named(to));
    let statement = Statement::guarded(&condition, text);
    statement.lock(from, Lock::AccessExclusive, from.parent_path())
}

/// A schema, with all that is inside of it.
pub(super) fn schema(from: &Site<'_>, to: &Site<'_>) -> Statement {
    looked_up("to_regnamespace", "schema", from, to)
}

/// A schema whatever is in its way, for a scratch: there the name has to be the one that is asked for.
pub fn schema_renamed(from: &str, to: &str) -> String {
    format!(
        "alter schema {} rename to {}",
        sql::identifier(from),
        sql::identifier(to)
    )
}

/// A role, with all that it owns and may do.
pub(super) fn role(from: &Site<'_>, to: &Site<'_>) -> Statement {
    let mut statement = looked_up("to_regrole", "role", from, to);
    statement.risk.can_fail = Some(
        "while the role is logged in as itself; a password stored as MD5 has to be set again"
            .to_owned(),
    );
    statement
}

fn looked_up(by: &str, word: &str, from: &Site<'_>, to: &Site<'_>) -> Statement {
    let text = format!(
        "alter {word} {} rename to {}",
        from.path(),
        head_and_name(to.path()).1
    );
    Statement::guarded(&free(by, from.path(), to.path()), &text)
}

fn free(by: &str, from: &str, to: &str) -> String {
    let (from, to) = (sql::literal(from), sql::literal(to));
    format!("{by}({from}) is not null and {by}({to}) is null")
}
