//! Small questions to the syntax tree.

use std::sync::Arc;

use oxc_ast::ast::{
    Argument, CallExpression, ChainElement, Expression, PropertyKey, TSType, TSTypeAnnotation,
    TSTypeName,
};

use super::expr::{Expr, Node};

pub(super) fn part_of(source: &Node, key: &PropertyKey<'_>) -> Option<Node> {
    let name = name_of_key(key)?;
    Some(Node {
        expr: Expr::Member(Box::new(source.clone()), name),
        place: source.place,
    })
}

pub(super) fn name_of_key(key: &PropertyKey<'_>) -> Option<Arc<str>> {
    match key {
        PropertyKey::PrivateIdentifier(name) => Some(format!("#{}", name.name).into()),
        key => key.static_name().map(|name| name.as_ref().into()),
    }
}

/// The name of a type, without its arguments and what it is a part of.
pub(super) fn type_name(annotation: &TSTypeAnnotation<'_>) -> Option<Arc<str>> {
    let TSType::TSTypeReference(reference) = &annotation.type_annotation else {
        return None;
    };
    match &reference.type_name {
        TSTypeName::IdentifierReference(name) => Some(name.name.as_str().into()),
        TSTypeName::QualifiedName(name) => Some(name.right.name.as_str().into()),
        TSTypeName::ThisExpression(_) => None,
    }
}

/// A function, also where it is handed through one that remembers it.
pub(super) fn is_function(expression: &Expression<'_>) -> bool {
    match bare(expression) {
        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => true,
        Expression::CallExpression(call) => {
            let callee = match &call.callee {
                Expression::Identifier(name) => name.name.as_str(),
                Expression::StaticMemberExpression(member) => member.property.name.as_str(),
                _ => return false,
            };
            let first = call.arguments.first().and_then(Argument::as_expression);
            matches!(callee, "useCallback" | "cache" | "memoize") && first.is_some_and(is_function)
        }
        _ => false,
    }
}

/// Without what changes nothing about a value.
pub(super) fn bare<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    match expression {
        Expression::ParenthesizedExpression(inner) => bare(&inner.expression),
        Expression::AwaitExpression(inner) => bare(&inner.argument),
        Expression::TSAsExpression(inner) => bare(&inner.expression),
        Expression::TSSatisfiesExpression(inner) => bare(&inner.expression),
        Expression::TSNonNullExpression(inner) => bare(&inner.expression),
        Expression::TSTypeAssertion(inner) => bare(&inner.expression),
        other => other,
    }
}

pub(super) fn as_call<'e, 'a>(expression: &'e Expression<'a>) -> Option<&'e CallExpression<'a>> {
    match expression {
        Expression::CallExpression(call) => Some(call),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::CallExpression(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a function may fill an object it is handed: a function by name, or `Object.assign`; methods of clients, of
/// lists and of what prints do not.
pub(super) fn may_fill(call: &CallExpression<'_>) -> bool {
    match bare(&call.callee) {
        Expression::Identifier(name) => !matches!(
            name.name.as_str(),
            "String" | "Number" | "Boolean" | "structuredClone"
        ),
        Expression::StaticMemberExpression(member) => {
            member.property.name == "assign"
                && matches!(&member.object, Expression::Identifier(name) if name.name == "Object")
        }
        _ => false,
    }
}
