//! Goes down into the expressions of a statement.

use pg_query::NodeEnum;
use pg_query::protobuf::{FuncCall, Node};

use super::collect::{Collector, strings};
use super::statement::{Function, Name};

/// Functions that a tool replaces before the server sees them: what is in them is no SQL.
const OF_TOOLS: &[&str] = &["sqlc"];

impl Collector<'_> {
    pub(super) fn all(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.expression(node);
        }
    }

    pub(super) fn maybe(&mut self, node: Option<&Node>) {
        if let Some(node) = node {
            self.expression(node);
        }
    }

    /// What an expression uses; kinds that are not known here are left out.
    pub(super) fn expression(&mut self, node: &Node) {
        let Some(node) = &node.node else { return };
        match node {
            NodeEnum::ColumnRef(column) => self.reference(&column.fields, column.location),
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::ResTarget(target) => {
                self.maybe(target.val.as_deref());
                self.all(&target.indirection);
            }
            NodeEnum::List(list) => self.all(&list.items),
            NodeEnum::AExpr(pair) => {
                self.maybe(pair.lexpr.as_deref());
                self.maybe(pair.rexpr.as_deref());
            }
            NodeEnum::BoolExpr(several) => self.all(&several.args),
            NodeEnum::SubLink(inner) => {
                self.maybe(inner.testexpr.as_deref());
                self.query(inner.subselect.as_deref());
            }
            NodeEnum::CaseExpr(case) => {
                self.maybe(case.arg.as_deref());
                self.all(&case.args);
                self.maybe(case.defresult.as_deref());
            }
            NodeEnum::CaseWhen(when) => {
                self.maybe(when.expr.as_deref());
                self.maybe(when.result.as_deref());
            }
            NodeEnum::CoalesceExpr(several) => self.all(&several.args),
            NodeEnum::MinMaxExpr(several) => self.all(&several.args),
            NodeEnum::RowExpr(row) => self.all(&row.args),
            NodeEnum::AArrayExpr(array) => self.all(&array.elements),
            NodeEnum::NullTest(test) => self.maybe(test.arg.as_deref()),
            NodeEnum::BooleanTest(test) => self.maybe(test.arg.as_deref()),
            NodeEnum::TypeCast(cast) => self.maybe(cast.arg.as_deref()),
            NodeEnum::CollateClause(collate) => self.maybe(collate.arg.as_deref()),
            NodeEnum::NamedArgExpr(argument) => self.maybe(argument.arg.as_deref()),
            NodeEnum::MultiAssignRef(several) => self.maybe(several.source.as_deref()),
            NodeEnum::GroupingSet(set) => self.all(&set.content),
            NodeEnum::SortBy(sort) => self.maybe(sort.node.as_deref()),
            NodeEnum::AIndirection(part) => {
                self.maybe(part.arg.as_deref());
                self.all(&part.indirection);
            }
            NodeEnum::AIndices(index) => {
                self.maybe(index.lidx.as_deref());
                self.maybe(index.uidx.as_deref());
            }
            NodeEnum::WindowDef(window) => {
                self.all(&window.partition_clause);
                self.all(&window.order_clause);
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &FuncCall) {
        let names = strings(&call.funcname);
        let Some((name, schema)) = names.split_last() else {
            return;
        };
        let schema = schema.last().cloned();
        if schema
            .as_deref()
            .is_some_and(|schema| OF_TOOLS.contains(&schema))
        {
            return;
        }
        let named = call
            .args
            .iter()
            .filter_map(|argument| match &argument.node {
                Some(NodeEnum::NamedArgExpr(argument)) => Some(argument.name.clone()),
                _ => None,
            });
        self.found.functions.push(Function {
            schema,
            name: Name {
                text: name.clone(),
                place: self.place(call.location),
            },
            argument_count: call.args.len(),
            named: named.collect(),
        });
        self.all(&call.args);
        self.all(&call.agg_order);
        self.maybe(call.agg_filter.as_deref());
        if let Some(window) = call.over.as_deref() {
            self.all(&window.partition_clause);
            self.all(&window.order_clause);
        }
    }
}
