//! Values of lists: put together, taken from objects, and gone through.

use super::eval::{Context, Known, Project};
use super::expr::{Called, Expr, Node};
use super::values::moved;
use crate::usage::code::{At, Place, Value};

impl Project<'_> {
    /// `Object.values(…)`, `Object.keys(…)`.
    pub(super) fn listed(
        &self,
        called: &Called,
        is_keys: bool,
        context: &Context,
        far: u8,
    ) -> Value {
        let Some(first) = called.arguments.first() else {
            return Value::Unknown;
        };
        let Value::Fields { fields, is_whole } = self.value(&first.node, context, far) else {
            return Value::Unknown;
        };
        let items = fields.into_iter().map(|field| At {
            place: field.place,
            value: match is_keys {
                true => Value::Text {
                    text: field.name,
                    is_verbatim: false,
                },
                false => moved(field.value, field.place, false),
            },
        });
        Value::List {
            items: items.collect(),
            is_whole,
        }
    }

    pub(super) fn joined(
        &self,
        object: &Node,
        called: &Called,
        context: &Context,
        far: u8,
    ) -> Value {
        let separator = match called.arguments.first() {
            None => Some(",".to_owned()),
            Some(first) => self.text(&first.node, context, far),
        };
        let Value::List {
            items,
            is_whole: true,
        } = self.value(object, context, far)
        else {
            return Value::Unknown;
        };
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| match &item.value {
                Value::Text { text, .. } => Some(text.to_string()),
                _ => None,
            })
            .collect();
        match (separator, texts) {
            (Some(separator), Some(texts)) => Value::Text {
                text: texts.join(&separator).into(),
                is_verbatim: false,
            },
            _ => Value::Unknown,
        }
    }

    /// One item of a list after the other; of a list of one that one.
    pub(super) fn each(&self, list: &Node, node: &Node, context: &Context, far: u8) -> Known {
        match self.resolve(list, context, far) {
            Known::Node(found, of) => match &found.expr {
                Expr::List(items) => match items.as_slice() {
                    [only] if !only.is_spread => self.resolve(&only.node, &of, far),
                    _ => Known::Node(node.clone(), context.clone()),
                },
                _ => Known::Unknown,
            },
            Known::Foreign if is_of_object(list) => Known::Node(node.clone(), context.clone()),
            _ => Known::Unknown,
        }
    }
}

/// Whether it is `Object` itself.
pub(super) fn is_object(node: &Node) -> bool {
    matches!(&node.expr, Expr::Name(name, _) if &**name == "Object")
}

/// One of the items of a list, each of which comes.
pub(super) fn one_of(mut items: Vec<At>, is_whole: bool, place: Place) -> Value {
    if !is_whole {
        items.push(At {
            value: Value::Unknown,
            place,
        });
    }
    match (items.pop(), items.is_empty()) {
        (None, _) => Value::Unknown,
        (Some(only), true) => only.value,
        (Some(last), false) => {
            items.push(last);
            Value::OneOf(items)
        }
    }
}

/// `Object.values(…)` and the like.
fn is_of_object(node: &Node) -> bool {
    match &node.expr {
        Expr::Call(called) => match &called.callee.expr {
            Expr::Member(object, _) => is_object(object),
            _ => false,
        },
        _ => false,
    }
}
