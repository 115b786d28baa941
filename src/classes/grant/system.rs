//! Grants on the server's own objects and on those of extensions: what differs from what initdb or the extension granted.
//!
//! `SELECT` is more than that, `NO EXECUTE` less. Where nothing differs there is no such object.

use std::collections::BTreeSet;

use crate::classes::kinds::is_extension;
use crate::classes::rules::{Statement, dollar_quoted, split_outside_quotes, texts};
use crate::classes::{Judgement, Severity};
use crate::contract::{Delta, Object};

/// How the query names what is the server's or an extension's, and nothing else that stands alone.
const WORDS: [&str; 5] = [
    "table ",
    "routine ",
    "type ",
    "schema ",
    "foreign data wrapper ",
];

/// Whether a grant is on one of the server's own objects or of an extension's: those are in no contract, so that it
/// stands alone, or with the extension.
pub(super) fn is_on_system(path: &str, object: Option<&Object>) -> bool {
    object.is_some_and(|object| object.parent.as_ref().is_none_or(is_extension))
        && WORDS.iter().any(|word| bare(path).starts_with(word))
}

/// The path without the extension that the target belongs to.
fn bare(path: &str) -> &str {
    let rest = path.strip_prefix("extension ");
    let rest = rest.and_then(|rest| split_outside_quotes(rest, " "));
    rest.map_or(path, |(_, rest)| rest)
}

/// What it is on, and to whom.
pub(super) fn split(path: &str) -> (&str, &str) {
    split_outside_quotes(bare(path), " to ").unwrap_or_default()
}

const LOST: &str = "NO ";

pub(super) fn judge(delta: &Delta<'_>) -> Judgement {
    // What may be passed on may also be used.
    let said = |side: Option<&Object>| -> BTreeSet<String> {
        let listed = side.map(|object| texts(object, "privileges"));
        let with_plain = |change: &str| {
            let plain = change.strip_suffix(" WITH GRANT OPTION").map(str::to_owned);
            plain
                .into_iter()
                .chain([change.to_owned()])
                .collect::<Vec<_>>()
        };
        listed.into_iter().flatten().flat_map(with_plain).collect()
    };
    let (expected, live) = (said(delta.expected), said(delta.live));
    let is_lost = |change: &String| change.starts_with(LOST);
    let is_wider = live.difference(&expected).any(|change| !is_lost(change))
        || expected.difference(&live).any(is_lost);
    let path = &delta.id.path;
    let is_everybodys = ["PUBLIC", "anon", "authenticated"].contains(&split(path).1);
    // Catalogs hold the hashes of passwords.
    let is_grave = is_everybodys || bare(path).starts_with("table ");
    match is_wider {
        true if is_grave => Judgement::code("grant-widened", Severity::Critical),
        // Hosts of databases give their own roles some functions, and take some away from everybody.
        true => Judgement::code("grant-widened", Severity::Warning),
        false => Judgement::code("grant-narrowed", Severity::Warning),
    }
    .saying(match is_wider {
        true => format!("more is granted on {path}"),
        false => format!("less is granted on {path}"),
    })
}

/// The statements between two lists of changes, what is taken away first.
pub(super) fn statements(path: &str, there: &[&str], wanted: &[&str]) -> Vec<Statement> {
    let mut revoked = BTreeSet::new();
    let mut granted = BTreeSet::new();
    for change in there.iter().filter(|change| !wanted.contains(change)) {
        match change.strip_prefix(LOST) {
            Some(back) => granted.insert(back),
            None => revoked.insert(*change),
        };
    }
    for change in wanted.iter().filter(|change| !there.contains(change)) {
        match change.strip_prefix(LOST) {
            Some(lost) => revoked.insert(lost),
            None => granted.insert(*change),
        };
    }
    let (target, grantee) = split(path);
    let (target, column) = column_of(target);
    let grantee = match grantee {
        "PUBLIC" => "public",
        name => name,
    };
    let parts = |privilege: &str| {
        let plain = privilege.strip_suffix(" WITH GRANT OPTION");
        let option = plain.map_or("", |_| " with grant option");
        let word = plain.unwrap_or(privilege).to_lowercase();
        (format!("{word}{column}"), option)
    };
    // An extension may have moved, or come without that object in another version.
    let may_be_gone = bare(path) != path;
    let revokes = revoked.into_iter().map(|privilege| {
        let revoke = format!("revoke {} on {target} from {grantee}", parts(privilege).0);
        match may_be_gone {
            true => format!("do {}", dollar_quoted(&format!("begin\n  {revoke};\nexception when undefined_function or undefined_table or undefined_object or invalid_schema_name then\n  null;\nend"))),
            false => revoke,
        }
    });
    let grants = granted.into_iter().map(|privilege| {
        let (privilege, option) = parts(privilege);
        format!("grant {privilege} on {target} to {grantee}{option}")
    });
    // It takes a superuser; anybody else is told in a warning that nothing was done.
    let statements = revokes.chain(grants).map(Statement::new);
    statements.map(Statement::unrehearsed).collect()
}

/// A column stands in parentheses after its table.
fn column_of(target: &str) -> (&str, String) {
    let column = split_outside_quotes(target, " (").filter(|_| target.starts_with("table "));
    match column {
        Some((table, column)) => (table, format!(" ({column}")),
        None => (target, String::new()),
    }
}
