//! Text that two major versions print in two ways.

use std::collections::BTreeSet;

use pg_query::{NodeEnum, NodeRef};
use serde_json::Value;

use crate::contract::{self, Change, Contract};

/// Since 16, Postgres leaves out a column's qualifier where there is only one table to take it from.
const QUALIFIERS_SINCE: u32 = 16;

/// Gives live the expected side's text of queries that differ in qualifiers only, when the two servers print those
/// differently; gives the objects' names.
pub fn agree_on_qualifiers(expected: &Contract, live: &mut Contract) -> BTreeSet<String> {
    let is_newer = |side: &Contract| side.server.major >= QUALIFIERS_SINCE;
    if is_newer(expected) == is_newer(live) {
        return BTreeSet::new();
    }
    let plain = |value: &Value| value.as_str().and_then(without_qualifiers);
    let deltas = contract::diff(expected, live);
    let same = deltas.iter().filter_map(|delta| match delta.change {
        Change::Changed {
            fact,
            expected,
            live,
        } if plain(expected).is_some_and(|text| Some(text) == plain(live)) => {
            Some((delta.id.clone(), fact.to_owned(), expected.clone()))
        }
        _ => None,
    });
    let same: Vec<_> = same.collect();
    let names = same.iter().map(|(id, ..)| id.path.to_string()).collect();
    live.adopt(same);
    names
}

/// A query's words without qualifiers of columns; nothing for text that is no query.
///
/// Only what the parser calls a column loses its qualifier: the schema of a table or function stays, since
/// another one is another thing.
fn without_qualifiers(text: &str) -> Option<String> {
    let parsed = pg_query::parse(text, 0).ok()?;
    let [statement] = parsed.protobuf.stmts.as_slice() else {
        return None;
    };
    let Some(NodeEnum::SelectStmt(_)) = &statement.stmt.as_ref()?.node else {
        return None;
    };
    let nodes = parsed.protobuf.nodes();
    let columns: BTreeSet<i32> = nodes
        .iter()
        .filter_map(|(node, ..)| match node {
            NodeRef::ColumnRef(column) if column.fields.len() == 2 => Some(column.location),
            _ => None,
        })
        .collect();
    let tokens = pg_query::scan(text).ok()?.tokens;
    let mut plain = String::new();
    let mut skipped = 0;
    for token in &tokens {
        // The qualifier and the point after it are two tokens.
        if columns.contains(&token.start) {
            skipped = 2;
        }
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        let range = usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?;
        plain.push_str(text.get(range)?);
        plain.push(' ');
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifiers_are_all_that_may_differ() {
        let one =
            without_qualifiers(" SELECT p.id,\n    p.name\n   FROM public.t p\n  WHERE p.ok;");
        let other = without_qualifiers(" SELECT id,\n    name\n   FROM public.t p\n  WHERE ok;");
        assert!(one.is_some());
        assert_eq!(one, other);
        let third =
            without_qualifiers(" SELECT id,\n    name\n   FROM public.t p\n  WHERE NOT ok;");
        assert_ne!(one, third);
        let other_table =
            without_qualifiers(" SELECT id,\n    name\n   FROM other.t p\n  WHERE ok;");
        assert_ne!(one, other_table, "the schema of a table counts");
        let own = without_qualifiers("SELECT id FROM t WHERE owner = auth.uid();");
        let evil = without_qualifiers("SELECT id FROM t WHERE owner = evil.uid();");
        assert_ne!(own, evil, "the schema of a function counts");
        assert_eq!(without_qualifiers("(a > 0)"), None);
    }
}
