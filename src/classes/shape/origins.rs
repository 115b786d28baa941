//! Which column of a table each column of a view shows, read from the view's printed query.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{SelectStmt, SetOperation};

use super::Named;

/// Where the columns of a view come from.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// By position: the relation and its column; `None` for what is computed, or comes from where nobody looked.
    pub(super) columns: Vec<Option<(Named, String)>>,
    /// Whether every column is known to be shown or computed.
    pub(super) is_whole: bool,
}

/// Reads a view's query as Postgres prints it; nothing where it does not parse.
pub(super) fn read(definition: &str) -> Origins {
    let Ok(parsed) = pg_query::parse(definition, 0) else {
        return Origins::default();
    };
    let statement = parsed.protobuf.stmts.into_iter().next();
    let node = statement
        .and_then(|raw| raw.stmt)
        .and_then(|node| node.node);
    let Some(NodeEnum::SelectStmt(mut select)) = node else {
        return Origins::default();
    };
    let is_union = select.op() != SetOperation::SetopNone;
    while select.op() != SetOperation::SetopNone {
        // A union shows what its first branch does.
        match select.larg.take() {
            Some(first) => select = first,
            None => return Origins::default(),
        }
    }
    let (columns, is_whole) = of_select(&select);
    Origins {
        columns,
        is_whole: is_whole && !is_union,
    }
}

fn of_select(select: &SelectStmt) -> (Vec<Option<(Named, String)>>, bool) {
    let mut scope = Scope {
        relations: BTreeMap::new(),
        is_whole: select.with_clause.is_none(),
    };
    for from in &select.from_clause {
        scope.add(from.node.as_ref());
    }
    let columns = select.target_list.iter().map(|target| {
        let Some(NodeEnum::ResTarget(target)) = &target.node else {
            return None;
        };
        let value = target.val.as_ref()?.node.as_ref()?;
        scope.origin(value)
    });
    (columns.collect(), scope.is_whole)
}

/// Relations in reach of a query by the name it calls them.
struct Scope {
    relations: BTreeMap<String, Named>,
    is_whole: bool,
}

impl Scope {
    fn add(&mut self, from: Option<&NodeEnum>) {
        match from {
            Some(NodeEnum::RangeVar(relation)) if !relation.schemaname.is_empty() => {
                let alias = relation.alias.as_ref().map(|alias| &alias.aliasname);
                let called = alias.unwrap_or(&relation.relname).clone();
                self.relations
                    .insert(called, Named::new(&relation.schemaname, &relation.relname));
            }
            Some(NodeEnum::JoinExpr(join)) => {
                for side in [&join.larg, &join.rarg] {
                    self.add(side.as_ref().and_then(|side| side.node.as_ref()));
                }
            }
            _ => self.is_whole = false,
        }
    }

    fn origin(&self, value: &NodeEnum) -> Option<(Named, String)> {
        let NodeEnum::ColumnRef(value) = value else {
            return None;
        };
        let words: Vec<&str> = value
            .fields
            .iter()
            .filter_map(|field| match &field.node {
                Some(NodeEnum::String(word)) => Some(word.sval.as_str()),
                _ => None,
            })
            .collect();
        let (called, column) = match words.as_slice() {
            [column] => (None, *column),
            [called, column] => (Some(*called), *column),
            [_, called, column] => (Some(*called), *column),
            _ => return None,
        };
        let relation = match called {
            Some(called) => self.relations.get(called)?,
            None if self.relations.len() == 1 => self.relations.values().next()?,
            None => return None,
        };
        Some((relation.clone(), column.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_joined_tables_are_traced_and_computed_ones_are_not() {
        let origins = read(
            " SELECT a.id,\n    b.name AS label,\n    count(*) AS n\n   FROM (public.a a\n     JOIN \"X\".b ON ((b.a = a.id)))\n  GROUP BY a.id, b.name;",
        );
        assert_eq!(
            origins.columns,
            [
                Some((Named::new("public", "a"), "id".to_owned())),
                Some((Named::new("X", "b"), "name".to_owned())),
                None
            ]
        );
        assert!(origins.is_whole);
    }

    #[test]
    fn what_comes_from_a_subquery_is_not_known() {
        let origins = read("SELECT s.id FROM (SELECT a.id FROM public.a) s");
        assert_eq!(origins.columns, [None]);
        assert!(!origins.is_whole);
    }
}
