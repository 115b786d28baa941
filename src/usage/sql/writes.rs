//! Statements that write: their target, the columns that they name and what they return.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    DeleteStmt, InsertStmt, MergeStmt, Node, OnConflictClause, RangeVar, UpdateStmt,
};

use super::collect::{Collector, outputs};
use super::scope::{Entry, Item, Scope};
use super::statement::{Column, Name, Role};

impl Collector<'_> {
    pub(super) fn insert(&mut self, insert: &InsertStmt) -> Option<Vec<String>> {
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
        self.all(&conflict.target_list);
        self.maybe(conflict.where_clause.as_deref());
        if let Some(scope) = self.scopes.last_mut() {
            scope.entries.pop();
        }
    }

    pub(super) fn update(&mut self, update: &UpdateStmt) -> Option<Vec<String>> {
        self.scopes.push(Scope::default());
        self.with(update.with_clause.as_ref());
        let relation = update.relation.as_ref()?;
        let columns = self.targets(&update.target_list);
        let at = self.relation(relation, Role::Update(columns));
        self.enter(relation, at);
        self.from(&update.from_clause);
        self.all(&update.target_list);
        self.maybe(update.where_clause.as_deref());
        let returned = update
            .returning_clause
            .as_ref()
            .map(|returned| &returned.exprs);
        self.end(returned)
    }

    pub(super) fn delete(&mut self, delete: &DeleteStmt) -> Option<Vec<String>> {
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

    pub(super) fn merge(&mut self, merge: &MergeStmt) {
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
}
