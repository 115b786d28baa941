//! Sources of rows: what stands in a from clause, and what its names then mean.

use pg_query::NodeEnum;
use pg_query::protobuf::{JoinExpr, Node, RangeVar};

use super::collect::{Collector, strings};
use super::scope::{self, Entry, Item};
use super::statement::{Column, Name, Relation, Role};

impl Collector<'_> {
    pub(super) fn from(&mut self, clause: &[Node]) {
        for node in clause {
            self.source(node);
        }
    }

    /// One source of rows of a from clause.
    pub(super) fn source(&mut self, node: &Node) {
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

    pub(super) fn add(&mut self, alias: Option<String>, schema: Option<String>, item: Item) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.entries.push(Entry {
                alias: alias.unwrap_or_default(),
                schema,
                item,
            });
        }
    }

    pub(super) fn relation(&mut self, relation: &RangeVar, role: Role) -> usize {
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
}
