//! Walks a parsed statement and collects what it uses.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, SelectStmt, SetOperation, WithClause};

use super::scope::{self, Meaning, Scope};
use super::statement::{Column, Name, Statement};
use crate::usage::code::Place;

/// Turns a byte of the parsed text into a place of the file.
pub(super) type Places<'p> = &'p dyn Fn(i32) -> Place;

pub(super) struct Collector<'p> {
    pub(super) found: Statement,
    pub(super) scopes: Vec<Scope>,
    pub(super) places: Places<'p>,
}

/// What a statement uses; none for one that neither reads nor writes rows.
pub(super) fn collect(node: &NodeEnum, places: Places<'_>) -> Option<Statement> {
    let mut collector = Collector {
        found: Statement::default(),
        scopes: Vec::new(),
        places,
    };
    match node {
        NodeEnum::ExplainStmt(explain) => {
            collector.statement(explain.query.as_deref()?.node.as_ref()?)
        }
        node => collector.statement(node),
    }
    .then_some(collector.found)
}

impl Collector<'_> {
    pub(super) fn place(&self, location: i32) -> Place {
        (self.places)(location)
    }

    fn statement(&mut self, node: &NodeEnum) -> bool {
        match node {
            NodeEnum::SelectStmt(select) => {
                self.select(select);
            }
            NodeEnum::InsertStmt(insert) => {
                self.insert(insert);
            }
            NodeEnum::UpdateStmt(update) => {
                self.update(update);
            }
            NodeEnum::DeleteStmt(delete) => {
                self.delete(delete);
            }
            NodeEnum::MergeStmt(merge) => self.merge(merge),
            _ => return false,
        }
        true
    }

    /// A query inside a statement, and the names of its columns where they are known.
    pub(super) fn query(&mut self, node: Option<&Node>) -> Option<Vec<String>> {
        match node?.node.as_ref()? {
            NodeEnum::SelectStmt(select) => self.select(select),
            NodeEnum::InsertStmt(insert) => self.insert(insert),
            NodeEnum::UpdateStmt(update) => self.update(update),
            NodeEnum::DeleteStmt(delete) => self.delete(delete),
            NodeEnum::MergeStmt(merge) => {
                self.merge(merge);
                None
            }
            _ => None,
        }
    }

    pub(super) fn with(&mut self, with: Option<&WithClause>) {
        let Some(with) = with else { return };
        for node in &with.ctes {
            let Some(NodeEnum::CommonTableExpr(query)) = &node.node else {
                continue;
            };
            if with.recursive {
                self.name_query(&query.ctename, None);
            }
            let mut columns = self.query(query.ctequery.as_deref());
            let renamed = strings(&query.aliascolnames);
            if query.search_clause.is_some() || query.cycle_clause.is_some() {
                columns = None;
            } else if !renamed.is_empty() {
                columns = columns
                    .filter(|columns| columns.len() == renamed.len())
                    .map(|_| renamed);
            }
            self.name_query(&query.ctename, columns);
        }
    }

    fn name_query(&mut self, name: &str, columns: Option<Vec<String>>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.queries.push((name.to_owned(), columns));
        }
    }

    fn select(&mut self, select: &SelectStmt) -> Option<Vec<String>> {
        self.scopes.push(Scope::default());
        self.with(select.with_clause.as_ref());
        let columns = if select.op() == SetOperation::SetopNone {
            self.plain_select(select)
        } else {
            let left = select.larg.as_deref().and_then(|side| self.select(side));
            if let Some(side) = select.rarg.as_deref() {
                self.select(side);
            }
            // What sorts a union are its columns, by name or by number.
            left
        };
        self.scopes.pop();
        columns
    }

    fn plain_select(&mut self, select: &SelectStmt) -> Option<Vec<String>> {
        self.from(&select.from_clause);
        for row in &select.values_lists {
            self.expression(row);
        }
        self.all(&select.target_list);
        self.maybe(select.where_clause.as_deref());
        self.all(&select.window_clause);
        let columns = outputs(&select.target_list);
        let named = self.scopes.last_mut();
        if let Some(scope) = named {
            scope.outputs = aliases(&select.target_list);
        }
        self.all(&select.distinct_clause);
        self.all(&select.group_clause);
        self.maybe(select.having_clause.as_deref());
        self.all(&select.sort_clause);
        self.maybe(select.limit_count.as_deref());
        self.maybe(select.limit_offset.as_deref());
        if select.values_lists.is_empty() {
            columns
        } else {
            None
        }
    }

    pub(super) fn column(&mut self, name: &str, location: i32, candidates: Vec<usize>) {
        let place = self.place(location);
        self.found.columns.push(Column {
            name: Name {
                text: name.to_owned(),
                place,
            },
            candidates,
        });
    }

    /// A column as an expression names it.
    pub(super) fn reference(&mut self, fields: &[Node], location: i32) {
        let names = strings(fields);
        if names.len() != fields.len() {
            self.found
                .whole
                .extend(scope::whole(&self.scopes, names.last().map(String::as_str)));
            return;
        }
        if let [name] = names.as_slice() {
            self.found
                .whole
                .extend(scope::whole(&self.scopes, Some(name)));
        }
        let meaning = match names.as_slice() {
            [name] => scope::plain(&self.scopes, name),
            [alias, name] => scope::qualified(&self.scopes, None, alias, name),
            [schema, alias, name] => scope::qualified(&self.scopes, Some(schema), alias, name),
            _ => Meaning::None,
        };
        if let (Meaning::Of(candidates), Some(name)) = (meaning, names.last()) {
            self.column(name, location, candidates);
        }
    }
}

pub(super) fn strings(nodes: &[Node]) -> Vec<String> {
    nodes
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::String(text)) => Some(text.sval.clone()),
            _ => None,
        })
        .collect()
}

/// The names of a select list: none when one of them is known to the server only.
pub(super) fn outputs(targets: &[Node]) -> Option<Vec<String>> {
    targets
        .iter()
        .map(|target| {
            let Some(NodeEnum::ResTarget(target)) = &target.node else {
                return None;
            };
            if !target.name.is_empty() {
                return Some(target.name.clone());
            }
            match &target.val.as_deref()?.node {
                Some(NodeEnum::ColumnRef(column)) => {
                    let names = strings(&column.fields);
                    (names.len() == column.fields.len()).then(|| names.last().cloned())?
                }
                _ => None,
            }
        })
        .collect()
}

/// The names that a select list gives with `as`.
fn aliases(targets: &[Node]) -> Vec<String> {
    targets
        .iter()
        .filter_map(|target| match &target.node {
            Some(NodeEnum::ResTarget(target)) if !target.name.is_empty() => {
                Some(target.name.clone())
            }
            Some(NodeEnum::ResTarget(target)) => match &target.val.as_deref()?.node {
                // Unnamed, a call goes by the name of its function.
                Some(NodeEnum::FuncCall(call)) => strings(&call.funcname).last().cloned(),
                Some(NodeEnum::TypeCast(_) | NodeEnum::CaseExpr(_)) => Some("case".to_owned()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}
