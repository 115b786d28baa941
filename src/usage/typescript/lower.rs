//! Turns expressions of the syntax tree into what values are worked out of.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionExpression, BinaryOperator, CallExpression,
    ChainElement, Expression, FormalParameters, MemberExpression, ObjectPropertyKind, PropertyKey,
    Statement, TemplateLiteral, UnaryOperator,
};
use oxc_span::GetSpan as _;

use super::expr::{Called, Entry, Expr, Item, Node};
use super::lines::Lines;

/// Expressions are taken apart no deeper than this: what is deeper is not known.
const DEEPEST: u16 = 200;

/// What functions give that stand in one another is looked at no deeper: each of them is taken apart on its own as well.
const MOST_FUNCTIONS: u16 = 12;

/// Lowers expressions of one scope.
pub(super) struct Lower<'t> {
    pub(super) lines: &'t Lines,
    pub(super) text: &'t str,
    pub(super) scope: usize,
    class: Option<usize>,
    /// Parameters of functions that are lowered where they stand: nobody knows their values.
    hidden: BTreeSet<String>,
    depth: u16,
    /// How many functions are around.
    functions: u16,
}

impl<'t> Lower<'t> {
    pub(super) fn new(lines: &'t Lines, text: &'t str, scope: usize, class: Option<usize>) -> Self {
        Self {
            lines,
            text,
            scope,
            class,
            hidden: BTreeSet::new(),
            depth: 0,
            functions: 0,
        }
    }

    pub(super) fn node(&mut self, expression: &Expression<'_>) -> Node {
        let place = self.lines.place(expression.span().start);
        if self.depth > DEEPEST {
            return Node {
                expr: Expr::Other,
                place,
            };
        }
        self.depth += 1;
        let node = self.expression(expression);
        self.depth -= 1;
        node
    }

    fn expression(&mut self, expression: &Expression<'_>) -> Node {
        if let Some(inner) = inside(expression) {
            return self.node(inner);
        }
        let start = expression.span().start;
        let expr = match expression {
            Expression::StringLiteral(literal) => {
                return Node {
                    expr: Expr::Text {
                        text: literal.value.as_str().into(),
                        is_verbatim: true,
                    },
                    place: self.lines.place(start + 1),
                };
            }
            Expression::TemplateLiteral(template) => return self.template(template),
            Expression::Identifier(name) => self.name(name.name.as_str()),
            Expression::ThisExpression(_) => Expr::This(self.class),
            Expression::ChainExpression(chain) => return self.element(&chain.expression, start),
            Expression::CallExpression(call) => return self.call(call),
            Expression::ImportExpression(import) => self.required(&import.source),
            Expression::NewExpression(call) => {
                let (callee, name_place) = self.callee(&call.callee);
                self.called(callee, name_place, &call.arguments, call.span.end)
            }
            Expression::ArrayExpression(list) => Expr::List(self.list(&list.elements)),
            Expression::ObjectExpression(object) => {
                let properties = object.properties.iter();
                Expr::Object(properties.map(|one| self.entry(one)).collect())
            }
            Expression::ArrowFunctionExpression(function) => self.arrow(function, start),
            Expression::FunctionExpression(_) => Expr::Arrow(start, None),
            _ => match expression.as_member_expression() {
                Some(member) => return self.member(member),
                None => self.plain(expression),
            },
        };
        Node {
            expr,
            place: self.lines.place(start),
        }
    }

    /// Literals that are no texts, and what is worked out of others.
    fn plain(&mut self, expression: &Expression<'_>) -> Expr {
        match expression {
            Expression::NumericLiteral(literal) => Expr::Number(match &literal.raw {
                Some(raw) => raw.as_str().into(),
                None => literal.value.to_string().into(),
            }),
            Expression::BigIntLiteral(literal) => {
                Expr::Number(literal.value.as_str().trim_end_matches('n').into())
            }
            Expression::BooleanLiteral(literal) => Expr::Bool(literal.value),
            Expression::NullLiteral(_) => Expr::Null,
            Expression::ConditionalExpression(condition) => Expr::Either(
                Box::new(self.node(&condition.consequent)),
                Box::new(self.node(&condition.alternate)),
            ),
            Expression::LogicalExpression(logical) if logical.operator.is_and() => {
                Expr::Perhaps(Box::new(self.node(&logical.right)))
            }
            Expression::LogicalExpression(logical) => Expr::Default(
                Box::new(self.node(&logical.left)),
                Box::new(self.node(&logical.right)),
            ),
            Expression::BinaryExpression(binary) if binary.operator == BinaryOperator::Addition => {
                Expr::Concat(
                    Box::new(self.node(&binary.left)),
                    Box::new(self.node(&binary.right)),
                )
            }
            Expression::UnaryExpression(unary)
                if unary.operator == UnaryOperator::UnaryNegation =>
            {
                match self.node(&unary.argument).expr {
                    Expr::Number(number) => Expr::Number(format!("-{number}").into()),
                    _ => Expr::Other,
                }
            }
            _ => Expr::Other,
        }
    }

    fn name(&self, name: &str) -> Expr {
        match name {
            "undefined" => Expr::Undefined,
            name if self.hidden.contains(name) => Expr::Other,
            name => Expr::Name(name.into(), self.scope),
        }
    }

    /// `import("x")` is taken for `require("x")`.
    fn required(&mut self, source: &Expression<'_>) -> Expr {
        let source = Item {
            node: self.node(source),
            is_spread: false,
        };
        let place = source.node.place;
        Expr::Call(Box::new(Called {
            callee: Node {
                expr: Expr::Name("require".into(), 0),
                place,
            },
            name_place: place,
            arguments: vec![source],
            source: (0, 0),
        }))
    }

    /// A function that stands where it is used, and what it gives when that is one expression.
    fn arrow(&mut self, function: &ArrowFunctionExpression<'_>, start: u32) -> Expr {
        if self.functions >= MOST_FUNCTIONS {
            return Expr::Arrow(start, None);
        }
        self.functions += 1;
        let hidden = self.hidden.clone();
        self.hide(&function.params);
        let mut statements = function.body.statements.iter();
        let given = statements.find_map(|statement| match statement {
            Statement::ExpressionStatement(given) if function.expression => {
                Some(self.node(&given.expression))
            }
            Statement::ReturnStatement(given) => {
                given.argument.as_ref().map(|given| self.node(given))
            }
            _ => None,
        });
        self.hidden = hidden;
        self.functions -= 1;
        Expr::Arrow(start, given.map(Box::new))
    }

    fn other(&self, start: u32) -> Node {
        Node {
            expr: Expr::Other,
            place: self.lines.place(start),
        }
    }

    fn hide(&mut self, parameters: &FormalParameters<'_>) {
        for parameter in &parameters.items {
            let names = parameter.pattern.get_binding_identifiers();
            self.hidden
                .extend(names.iter().map(|name| name.name.as_str().to_owned()));
        }
    }

    fn element(&mut self, element: &ChainElement<'_>, start: u32) -> Node {
        match element {
            ChainElement::CallExpression(call) => self.call(call),
            ChainElement::TSNonNullExpression(inner) => self.node(&inner.expression),
            element => match element.as_member_expression() {
                Some(member) => self.member(member),
                None => self.other(start),
            },
        }
    }

    fn member(&mut self, member: &MemberExpression<'_>) -> Node {
        let place = self.lines.place(member.span().start);
        let expr = match member {
            MemberExpression::StaticMemberExpression(member) => Expr::Member(
                Box::new(self.node(&member.object)),
                member.property.name.as_str().into(),
            ),
            MemberExpression::PrivateFieldExpression(member) => Expr::Member(
                Box::new(self.node(&member.object)),
                format!("#{}", member.field.name).into(),
            ),
            MemberExpression::ComputedMemberExpression(member) => Expr::Index(
                Box::new(self.node(&member.object)),
                Box::new(self.node(&member.expression)),
            ),
        };
        Node { expr, place }
    }

    /// A call as a whole.
    pub(super) fn call(&mut self, call: &CallExpression<'_>) -> Node {
        let (callee, name_place) = self.callee(&call.callee);
        Node {
            expr: self.called(callee, name_place, &call.arguments, call.span.end),
            place: self.lines.place(call.span.start),
        }
    }

    /// What is called, and where its name stands.
    pub(super) fn callee(&mut self, callee: &Expression<'_>) -> (Node, crate::usage::code::Place) {
        let mut at = callee.span().start;
        if let Some(MemberExpression::StaticMemberExpression(member)) =
            callee.without_parentheses().as_member_expression()
        {
            at = member.property.span.start;
        }
        let place = self.lines.place(at);
        (self.node(callee), place)
    }

    fn called(
        &mut self,
        callee: Node,
        name_place: crate::usage::code::Place,
        arguments: &[Argument<'_>],
        end: u32,
    ) -> Expr {
        let start = arguments.first().map_or(end, |first| first.span().start);
        Expr::Call(Box::new(Called {
            callee,
            name_place,
            arguments: arguments.iter().map(|one| self.argument(one)).collect(),
            source: (start as usize, (end as usize).min(self.text.len())),
        }))
    }

    pub(super) fn argument(&mut self, argument: &Argument<'_>) -> Item {
        match argument {
            Argument::SpreadElement(spread) => Item {
                node: self.node(&spread.argument),
                is_spread: true,
            },
            argument => Item {
                node: match argument.as_expression() {
                    Some(expression) => self.node(expression),
                    None => self.other(argument.span().start),
                },
                is_spread: false,
            },
        }
    }

    fn list(&mut self, elements: &[ArrayExpressionElement<'_>]) -> Vec<Item> {
        let mut items = Vec::new();
        for element in elements {
            let (node, is_spread) = match element {
                ArrayExpressionElement::SpreadElement(spread) => {
                    (self.node(&spread.argument), true)
                }
                ArrayExpressionElement::Elision(gap) => (self.other(gap.span.start), false),
                element => match element.as_expression() {
                    Some(expression) => (self.node(expression), false),
                    None => continue,
                },
            };
            items.push(Item { node, is_spread });
        }
        items
    }

    fn entry(&mut self, property: &ObjectPropertyKind<'_>) -> Entry {
        let property = match property {
            ObjectPropertyKind::SpreadProperty(spread) => {
                return Entry::Spread(self.node(&spread.argument));
            }
            ObjectPropertyKind::ObjectProperty(property) => property,
        };
        let place = self.lines.place(property.key.span().start);
        let value = self.node(&property.value);
        match &property.key {
            PropertyKey::StaticIdentifier(name) => {
                Entry::Field(name.name.as_str().into(), place, value)
            }
            PropertyKey::StringLiteral(name) => {
                Entry::Field(name.value.as_str().into(), place, value)
            }
            PropertyKey::NumericLiteral(name) => {
                Entry::Field(name.value.to_string().into(), place, value)
            }
            key => match key.as_expression() {
                Some(key) => Entry::Computed(self.node(key), value),
                None => Entry::Computed(self.other(key.span().start), value),
            },
        }
    }

    pub(super) fn template(&mut self, template: &TemplateLiteral<'_>) -> Node {
        let place = self.lines.place(template.span.start + 1);
        let texts: Vec<std::sync::Arc<str>> = template
            .quasis
            .iter()
            .map(|quasi| {
                quasi
                    .value
                    .cooked
                    .unwrap_or(quasi.value.raw)
                    .as_str()
                    .into()
            })
            .collect();
        let expr = match (texts.as_slice(), template.expressions.is_empty()) {
            ([text], true) => Expr::Text {
                text: text.clone(),
                is_verbatim: true,
            },
            _ => Expr::Template {
                holes: template
                    .expressions
                    .iter()
                    .map(|hole| self.node(hole))
                    .collect(),
                texts,
            },
        };
        Node { expr, place }
    }
}

/// What changes nothing about a value is looked through.
fn inside<'e, 'a>(expression: &'e Expression<'a>) -> Option<&'e Expression<'a>> {
    match expression {
        Expression::ParenthesizedExpression(inner) => Some(&inner.expression),
        Expression::AwaitExpression(inner) => Some(&inner.argument),
        Expression::TSAsExpression(inner) => Some(&inner.expression),
        Expression::TSSatisfiesExpression(inner) => Some(&inner.expression),
        Expression::TSNonNullExpression(inner) => Some(&inner.expression),
        Expression::TSTypeAssertion(inner) => Some(&inner.expression),
        Expression::TSInstantiationExpression(inner) => Some(&inner.expression),
        Expression::AssignmentExpression(inner) => Some(&inner.right),
        Expression::SequenceExpression(inner) => inner.expressions.last(),
        _ => None,
    }
}
