//! Walks a parsed statement and collects what it uses.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    DeleteStmt, InsertStmt, JoinExpr, MergeStmt, Node, OnConflictClause, RangeVar, SelectStmt,
    SetOperation, UpdateStmt, WithClause,
};

use super::scope::{self, Entry, Item, Meaning, Scope};
use super::statement::{Column, Name, Relation, Role, Statement};
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

    fn with(&mut self, with: Option<&WithClause>) {
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

    fn insert(&mut self, insert: &InsertStmt) -> Option<Vec<String>> {
        self.scopes.push(Scope::default());
        self.with(insert.with_clause.as_ref());
        self.query(insert.select_stmt.as_deref());
        let columns = (!insert.cols.is_empty()).then(|| self.targets(&insert.cols));
        let relation = insert.relation.as_ref()?;
        let at = self.relation(relation, Role::Insert(columns));
        self.enter(relation, at);
        if let Some(conflict) = &insert.on_conflict_clause {
            self.conflict(conflict, at);
        }
        let returned = insert
            .returning_clause
            .as_ref()
            .map(|returned| &returned.exprs);
        self.end(returned)
    }

    fn conflict(&mut self, conflict: &OnConflictClause, at: usize) {
        if let Some(infer) = &conflict.infer {
            for element in &infer.index_elems {
                let Some(NodeEnum::IndexElem(element)) = &element.node else {
                    continue;
                };
                if element.name.is_empty() {
                    self.maybe(element.expr.as_deref());
                } else {
                    self.column(&element.name, infer.location, vec![at]);
                }
            }
            self.maybe(infer.where_clause.as_deref());
        }
        for name in self.targets(&conflict.target_list) {
            self.found.columns.push(Column {
                name,
                candidates: vec![at],
            });
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.entries.push(Entry {
                alias: "excluded".to_owned(),
                schema: None,
                item: Item::Relation(at),
            });
        }
        self.target_values(&conflict.target_list);
        self.maybe(conflict.where_clause.as_deref());
        if let Some(scope) = self.scopes.last_mut() {
            scope.entries.pop();
        }
    }

    fn update(&mut self, update: &UpdateStmt) -> Option<Vec<String>> {
        self.scopes.push(Scope::default());
        self.with(update.with_clause.as_ref());
        let relation = update.relation.as_ref()?;
        let columns = self.targets(&update.target_list);
        let at = self.relation(relation, Role::Update(columns));
        self.enter(relation, at);
        self.from(&update.from_clause);
        self.target_values(&update.target_list);
        self.maybe(update.where_clause.as_deref());
        let returned = update
            .returning_clause
            .as_ref()
            .map(|returned| &returned.exprs);
        self.end(returned)
    }

    fn delete(&mut self, delete: &DeleteStmt) -> Option<Vec<String>> {
        self.scopes.push(Scope::default());
        self.with(delete.with_clause.as_ref());
        let relation = delete.relation.as_ref()?;
        let at = self.relation(relation, Role::Delete);
        self.enter(relation, at);
        self.from(&delete.using_clause);
        self.maybe(delete.where_clause.as_deref());
        let returned = delete
            .returning_clause
            .as_ref()
            .map(|returned| &returned.exprs);
        self.end(returned)
    }

    fn merge(&mut self, merge: &MergeStmt) {
        self.scopes.push(Scope::default());
        self.with(merge.with_clause.as_ref());
        if let Some(relation) = &merge.relation {
            let at = self.relation(relation, Role::Read);
            self.enter(relation, at);
        }
        if let Some(source) = merge.source_relation.as_deref() {
            self.source(source);
        }
        self.maybe(merge.join_condition.as_deref());
        self.scopes.pop();
    }

    /// The end of a statement that writes: what it returns are its columns.
    fn end(&mut self, returned: Option<&Vec<Node>>) -> Option<Vec<String>> {
        let columns = returned.map_or_else(
            || Some(Vec::new()),
            |returned| {
                self.all(returned);
                outputs(returned)
            },
        );
        self.scopes.pop();
        columns
    }

    /// The columns that an insert or update names.
    fn targets(&self, targets: &[Node]) -> Vec<Name> {
        let targets = targets.iter().filter_map(|target| match &target.node {
            Some(NodeEnum::ResTarget(target)) if !target.name.is_empty() => Some(Name {
                text: target.name.clone(),
                place: self.place(target.location),
            }),
            _ => None,
        });
        targets.collect()
    }

    fn target_values(&mut self, targets: &[Node]) {
        self.all(targets);
    }

    fn from(&mut self, clause: &[Node]) {
        for node in clause {
            self.source(node);
        }
    }

    /// One source of rows of a from clause.
    fn source(&mut self, node: &Node) {
        match &node.node {
            Some(NodeEnum::RangeVar(relation)) => self.named_source(relation),
            Some(NodeEnum::RangeSubselect(inner)) => {
                let columns = self.query(inner.subquery.as_deref());
                let renamed = inner
                    .alias
                    .as_ref()
                    .is_some_and(|alias| !alias.colnames.is_empty());
                let item = match columns {
                    Some(columns) if !renamed => Item::Columns(columns),
                    _ => Item::Opaque,
                };
                self.add(
                    inner.alias.as_ref().map(|alias| alias.aliasname.clone()),
                    None,
                    item,
                );
            }
            Some(NodeEnum::RangeFunction(function)) => {
                self.all(&function.functions);
                let alias = function.alias.as_ref().map(|alias| alias.aliasname.clone());
                self.add(alias, None, Item::Opaque);
            }
            Some(NodeEnum::JoinExpr(join)) => self.join(join),
            Some(NodeEnum::RangeTableSample(sample)) => {
                if let Some(relation) = sample.relation.as_deref() {
                    self.source(relation);
                }
            }
            _ => self.add(None, None, Item::Opaque),
        }
    }

    fn named_source(&mut self, relation: &RangeVar) {
        let alias = relation.alias.as_ref();
        let called = alias
            .map_or(&relation.relname, |alias| &alias.aliasname)
            .clone();
        let is_renamed = alias.is_some_and(|alias| !alias.colnames.is_empty());
        if relation.schemaname.is_empty()
            && let Some(columns) = scope::query(&self.scopes, &relation.relname)
        {
            let item = match columns {
                Some(columns) if !is_renamed => Item::Columns(columns.clone()),
                _ => Item::Opaque,
            };
            self.add(Some(called), None, item);
            return;
        }
        let at = self.relation(relation, Role::Read);
        let item = if is_renamed {
            Item::Opaque
        } else {
            Item::Relation(at)
        };
        let schema = (alias.is_none() && !relation.schemaname.is_empty())
            .then(|| relation.schemaname.clone());
        self.add(Some(called), schema, item);
    }

    fn join(&mut self, join: &JoinExpr) {
        let start = self.entry_count();
        if let Some(left) = join.larg.as_deref() {
            self.source(left);
        }
        let middle = self.entry_count();
        if let Some(right) = join.rarg.as_deref() {
            self.source(right);
        }
        let end = self.entry_count();
        for name in strings(&join.using_clause) {
            for side in [start..middle, middle..end] {
                if let Some(candidates) = self.relations_of(side) {
                    // The parser keeps no place of these: that of what is joined is the nearest.
                    let place = candidates
                        .last()
                        .map_or(self.place(0), |at| self.found.relations[*at].name.place);
                    self.found.columns.push(Column {
                        name: Name {
                            text: name.clone(),
                            place,
                        },
                        candidates,
                    });
                }
            }
        }
        self.maybe(join.quals.as_deref());
        if join.alias.is_some() {
            self.add(
                join.alias.as_ref().map(|alias| alias.aliasname.clone()),
                None,
                Item::Opaque,
            );
        }
    }

    fn entry_count(&self) -> usize {
        self.scopes.last().map_or(0, |scope| scope.entries.len())
    }

    /// The relations of a side of a join, when it has nothing else.
    fn relations_of(&self, side: std::ops::Range<usize>) -> Option<Vec<usize>> {
        let entries = self.scopes.last()?.entries.get(side)?;
        let relations: Option<Vec<usize>> = entries
            .iter()
            .map(|entry| match entry.item {
                Item::Relation(at) => Some(at),
                Item::Columns(_) | Item::Opaque => None,
            })
            .collect();
        relations.filter(|relations| !relations.is_empty())
    }

    /// The target of a statement that writes, as a source of the names in it.
    fn enter(&mut self, relation: &RangeVar, at: usize) {
        let alias = relation.alias.as_ref();
        let called = alias
            .map_or(&relation.relname, |alias| &alias.aliasname)
            .clone();
        let schema = (alias.is_none() && !relation.schemaname.is_empty())
            .then(|| relation.schemaname.clone());
        self.add(Some(called), schema, Item::Relation(at));
    }

    fn add(&mut self, alias: Option<String>, schema: Option<String>, item: Item) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.entries.push(Entry {
                alias: alias.unwrap_or_default(),
                schema,
                item,
            });
        }
    }

    fn relation(&mut self, relation: &RangeVar, role: Role) -> usize {
        self.found.relations.push(Relation {
            schema: (!relation.schemaname.is_empty()).then(|| relation.schemaname.clone()),
            name: Name {
                text: relation.relname.clone(),
                place: self.place(relation.location),
            },
            role,
        });
        self.found.relations.len() - 1
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
fn outputs(targets: &[Node]) -> Option<Vec<String>> {
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
