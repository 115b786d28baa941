//! What goes through a list, item by item.

use oxc_ast::ast::{Argument, CallExpression, Expression};

use super::expr::{Expr, Node};
use super::scan::Scan;
use super::syntax::bare;

impl Scan<'_> {
    /// The first parameter of what goes through a list: `names.map((name) => …)`.
    pub(super) fn goes_through(&mut self, call: &CallExpression<'_>) {
        let Some(member) = bare(&call.callee).as_member_expression() else {
            return;
        };
        let is_through = member
            .static_property_name()
            .is_some_and(|name| matches!(name, "map" | "forEach" | "flatMap" | "some" | "every"));
        let list = bare(member.object());
        let is_list = matches!(
            list,
            Expression::ArrayExpression(_)
                | Expression::Identifier(_)
                | Expression::StaticMemberExpression(_)
        );
        let first = call.arguments.first().and_then(Argument::as_expression);
        let start = match first.map(bare) {
            Some(Expression::ArrowFunctionExpression(function)) => function.span.start,
            Some(Expression::FunctionExpression(function)) => function.span.start,
            _ => return,
        };
        if is_through && is_list {
            let node = each(self.lower().node(list));
            self.each_of.insert(start, node);
        }
    }
}

/// What goes through a list.
pub(super) fn each(list: Node) -> Node {
    Node {
        place: list.place,
        expr: Expr::Each(Box::new(list)),
    }
}
