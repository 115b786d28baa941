//! Values of expressions.

use std::sync::Arc;

use super::eval::{Context, Known, LONGEST_TEXT, Project};
use super::expr::{Binding, Called, Entry, Expr, Item, Kind, Node};
use super::lists::{is_object, one_of};
use crate::usage::code::{At, Field, HOLE, Place, Value};

impl Project<'_> {
    /// A value and where it stands: one from another module stands where it is used.
    pub(super) fn at(&self, node: &Node, context: &Context, far: u8) -> At {
        // What a function is called with stands where it is called.
        if let Some((argument, from)) = self.argument(node, context)
            && far > 0
        {
            return self.at(&argument, &from, far - 1);
        }
        At {
            value: self.value(node, context, far),
            place: node.place,
        }
    }

    /// The argument that a name stands for.
    fn argument(&self, node: &Node, context: &Context) -> Option<(Node, Context)> {
        let Expr::Name(name, scope) = &node.expr else {
            return None;
        };
        let (_, binding) = self.binding(context.module, *scope, name)?;
        let Kind::Parameter {
            function,
            position,
            field,
            ..
        } = &binding.kind
        else {
            return None;
        };
        let given = context.given.as_ref()?;
        let argument = given.arguments.get(*position)?;
        self.uses_given.set(true);
        if given.function != *function || argument.is_spread {
            return None;
        }
        let node = match (field, &argument.node.expr) {
            (None, _) => &argument.node,
            (Some(field), Expr::Object(entries)) => {
                entries.iter().find_map(|entry| match entry {
                    Entry::Field(name, _, value) if name == field => Some(value),
                    _ => None,
                })?
            }
            (Some(_), _) => return None,
        };
        Some((node.clone(), given.from.clone()))
    }

    pub(super) fn value(&self, node: &Node, context: &Context, far: u8) -> Value {
        if far == 0 || !self.step() {
            return Value::Unknown;
        }
        match &node.expr {
            Expr::Text { text, is_verbatim } => Value::Text {
                text: text.clone(),
                is_verbatim: *is_verbatim,
            },
            Expr::Template { .. } | Expr::Concat(..) => match self.text(node, context, far - 1) {
                Some(text) => Value::Text {
                    text: text.into(),
                    is_verbatim: false,
                },
                None => self.mold(node, context, far - 1),
            },
            Expr::Number(number) => Value::Number(number.clone()),
            Expr::Bool(value) => Value::Bool(*value),
            Expr::Null => Value::Null,
            Expr::List(items) => self.list(items, context, far - 1),
            Expr::Object(entries) => self.fields(entries, context, far - 1),
            // What a function chooses goes by what it is called with.
            Expr::Either(..) if context.given.is_some() => Value::Unknown,
            Expr::Either(left, right) => Value::OneOf(vec![
                self.at(left, context, far - 1),
                self.at(right, context, far - 1),
            ]),
            Expr::Default(left, right) => self.or_default(left, right, context, far - 1),
            Expr::Each(list) => match self.value(list, context, far - 1) {
                Value::List { items, is_whole } => one_of(items, is_whole, node.place),
                _ => Value::Unknown,
            },
            Expr::Call(called) => self.of_call(called, node, context, far - 1),
            Expr::Name(name, scope) => self.of_name(name, *scope, node, context, far - 1),
            Expr::Member(..) | Expr::Index(..) => self.elsewhere(node, context, far - 1),
            Expr::Perhaps(_) | Expr::Undefined | Expr::This(_) | Expr::Arrow(..) | Expr::Other => {
                Value::Unknown
            }
        }
    }

    fn or_default(&self, left: &Node, right: &Node, context: &Context, far: u8) -> Value {
        if let Known::Node(node, _) = self.resolve(left, context, far)
            && matches!(node.expr, Expr::Undefined | Expr::Null)
        {
            return self.value(right, context, far);
        }
        match self.at(left, context, far) {
            At {
                value: Value::Unknown,
                place,
            } => Value::OneOf(vec![
                At {
                    value: Value::Unknown,
                    place,
                },
                self.at(right, context, far),
            ]),
            known => known.value,
        }
    }

    /// The text of a template or of texts put together, where all of it is known.
    pub(super) fn text(&self, node: &Node, context: &Context, far: u8) -> Option<String> {
        if far == 0 || !self.step() {
            return None;
        }
        let text = match &node.expr {
            Expr::Template { texts, holes } => {
                let mut whole = String::new();
                for (at, text) in texts.iter().enumerate() {
                    whole.push_str(text);
                    if let Some(hole) = holes.get(at) {
                        whole.push_str(&self.text(hole, context, far - 1)?);
                    }
                }
                Some(whole)
            }
            Expr::Concat(left, right) => {
                let left = self.text(left, context, far - 1)?;
                Some(left + &self.text(right, context, far - 1)?)
            }
            _ => match self.value(node, context, far - 1) {
                Value::Text { text, .. } | Value::Number(text) => Some(text.to_string()),
                _ => None,
            },
        };
        text.filter(|text| text.len() <= LONGEST_TEXT)
    }

    /// A text with holes for what is not known; nothing where it is all holes.
    fn mold(&self, node: &Node, context: &Context, far: u8) -> Value {
        let mut whole = String::new();
        self.fill(node, context, far, &mut whole);
        match whole.chars().any(char::is_alphanumeric) {
            true => Value::Mold(whole.into()),
            false => Value::Unknown,
        }
    }

    fn fill(&self, node: &Node, context: &Context, far: u8, into: &mut String) {
        if into.len() > LONGEST_TEXT {
            return;
        }
        match (&node.expr, far) {
            (Expr::Template { texts, holes }, 1..) => {
                for (at, text) in texts.iter().enumerate() {
                    into.push_str(text);
                    if let Some(hole) = holes.get(at) {
                        self.fill(hole, context, far - 1, into);
                    }
                }
            }
            (Expr::Concat(left, right), 1..) => {
                self.fill(left, context, far - 1, into);
                self.fill(right, context, far - 1, into);
            }
            _ => match self.text(node, context, far) {
                Some(text) => into.push_str(&text),
                None => into.push(HOLE),
            },
        }
    }

    /// A value that is named and stands elsewhere.
    fn elsewhere(&self, node: &Node, context: &Context, far: u8) -> Value {
        let Known::Node(found, of) = self.resolve(node, context, far) else {
            return Value::Unknown;
        };
        if matches!(found.expr, Expr::Name(..) | Expr::Member(..)) {
            return Value::Unknown;
        }
        let value = self.value(&found, &of, far);
        moved(value, node.place, of.module != context.module)
    }

    fn of_name(
        &self,
        name: &Arc<str>,
        scope: usize,
        node: &Node,
        context: &Context,
        far: u8,
    ) -> Value {
        let Some((_, binding)) = self.binding(context.module, scope, name) else {
            return Value::Unknown;
        };
        if !matches!(binding.kind, Kind::Variable) {
            return self.elsewhere(node, context, far);
        }
        if binding.is_lost {
            return Value::Unknown;
        }
        let values: Vec<Value> = binding
            .sources
            .iter()
            .map(|source| moved(self.value(source, context, far), node.place, false))
            .collect();
        let value = match values.len() {
            0 => Value::Unknown,
            1 => values.into_iter().next().unwrap_or(Value::Unknown),
            _ => Value::OneOf(
                values
                    .into_iter()
                    .map(|value| At {
                        value,
                        place: node.place,
                    })
                    .collect(),
            ),
        };
        match binding.is_changed {
            true => self.changed(opened(value), binding, context, far),
            false => value,
        }
    }

    /// Adds what is put into a list, or set of an object, after it was made.
    fn changed(&self, value: Value, binding: &Binding, context: &Context, far: u8) -> Value {
        match value {
            Value::List {
                mut items,
                is_whole,
            } => {
                items.extend(binding.added.iter().map(|row| self.at(row, context, far)));
                Value::List { items, is_whole }
            }
            Value::Fields {
                mut fields,
                is_whole,
            } => {
                fields.extend(binding.set.iter().map(|(name, value)| Field {
                    name: name.clone(),
                    place: value.place,
                    value: self.value(value, context, far),
                    is_optional: true,
                }));
                Value::Fields { fields, is_whole }
            }
            other => other,
        }
    }

    fn list(&self, items: &[Item], context: &Context, far: u8) -> Value {
        let (mut all, mut is_whole) = (Vec::new(), true);
        for item in items {
            match (item.is_spread, self.value(&item.node, context, far)) {
                (false, value) => all.push(At {
                    value,
                    place: item.node.place,
                }),
                (
                    true,
                    Value::List {
                        items,
                        is_whole: whole,
                    },
                ) => {
                    all.extend(items);
                    is_whole &= whole;
                }
                (true, _) => is_whole = false,
            }
        }
        Value::List {
            items: all,
            is_whole,
        }
    }

    fn fields(&self, entries: &[Entry], context: &Context, far: u8) -> Value {
        let (mut fields, mut is_whole): (Vec<Field>, bool) = (Vec::new(), true);
        for entry in entries {
            match entry {
                // What is undefined is not sent.
                Entry::Field(_, _, value) if matches!(value.expr, Expr::Undefined) => {}
                Entry::Field(name, place, value) => put(
                    &mut fields,
                    Field {
                        name: name.clone(),
                        place: *place,
                        value: self.value(value, context, far),
                        is_optional: false,
                    },
                ),
                Entry::Computed(key, value) => match self.value(key, context, far) {
                    Value::Text { text, .. } => put(
                        &mut fields,
                        Field {
                            name: text,
                            place: key.place,
                            value: self.value(value, context, far),
                            is_optional: false,
                        },
                    ),
                    _ => is_whole = false,
                },
                Entry::Spread(inner) => {
                    let (more, whole) = self.spread(inner, context, far);
                    is_whole &= whole;
                    for field in more {
                        put(&mut fields, field);
                    }
                }
            }
        }
        Value::Fields { fields, is_whole }
    }

    /// The fields that a spread brings, and whether these are all.
    fn spread(&self, inner: &Node, context: &Context, far: u8) -> (Vec<Field>, bool) {
        if far == 0 {
            return (Vec::new(), false);
        }
        let optional = |(fields, is_whole): (Vec<Field>, bool)| {
            let fields = fields.into_iter().map(|field| Field {
                is_optional: true,
                ..field
            });
            (fields.collect::<Vec<_>>(), is_whole)
        };
        match &inner.expr {
            Expr::Perhaps(inner) => optional(self.spread(inner, context, far - 1)),
            Expr::Either(left, right) | Expr::Default(left, right) => {
                let (mut fields, left) = optional(self.spread(left, context, far - 1));
                let (more, right) = optional(self.spread(right, context, far - 1));
                fields.extend(more);
                (fields, left && right)
            }
            Expr::Null | Expr::Undefined => (Vec::new(), true),
            _ => match self.value(inner, context, far - 1) {
                Value::Fields { fields, is_whole } => (fields, is_whole),
                _ => (Vec::new(), false),
            },
        }
    }

    fn of_call(&self, called: &Called, node: &Node, context: &Context, far: u8) -> Value {
        if far == 0 {
            return Value::Unknown;
        }
        if let Expr::Member(object, method) = &called.callee.expr {
            match &**method {
                "join" => return self.joined(object, called, context, far),
                "trim" | "trimStart" | "trimEnd" => {
                    return match self.value(object, context, far) {
                        Value::Text { text, .. } => Value::Text {
                            text: text.trim().into(),
                            is_verbatim: false,
                        },
                        _ => Value::Unknown,
                    };
                }
                "assign" if is_object(object) => {
                    let parts = called.arguments.iter().map(|item| match item.is_spread {
                        true => Entry::Computed(item.node.clone(), item.node.clone()),
                        false => Entry::Spread(item.node.clone()),
                    });
                    return self.fields(&parts.collect::<Vec<_>>(), context, far);
                }
                "values" | "keys" if is_object(object) => {
                    return self.listed(called, &**method == "keys", context, far);
                }
                "freeze" => {
                    return called.arguments.first().map_or(Value::Unknown, |first| {
                        self.value(&first.node, context, far)
                    });
                }
                "map" | "flatMap" => {
                    if let Some(first) = called.arguments.first()
                        && let Expr::Arrow(_, Some(row)) = &first.node.expr
                    {
                        return Value::List {
                            items: vec![self.at(row, context, far)],
                            is_whole: false,
                        };
                    }
                    return Value::Unknown;
                }
                _ => {}
            }
        }
        match self.resolve(node, context, far) {
            Known::Node(found, of) if !matches!(found.expr, Expr::Call(_)) => {
                let value = self.value(&found, &of, far - 1);
                moved(value, node.place, of.module != context.module)
            }
            _ => Value::Unknown,
        }
    }
}

/// A later field replaces one of the same name; one that may be absent does not.
fn put(fields: &mut Vec<Field>, field: Field) {
    if !field.is_optional {
        fields.retain(|known| known.name != field.name);
    }
    fields.push(field);
}

/// What is changed after it was set has more than what is seen.
fn opened(value: Value) -> Value {
    match value {
        Value::Fields { fields, .. } => Value::Fields {
            fields,
            is_whole: false,
        },
        Value::List { items, .. } => Value::List {
            items,
            is_whole: false,
        },
        Value::OneOf(values) => Value::OneOf(
            values
                .into_iter()
                .map(|at| At {
                    value: opened(at.value),
                    place: at.place,
                })
                .collect(),
        ),
        other => other,
    }
}

/// A value of elsewhere: its text is no longer at the place, and of another file nothing is.
pub(super) fn moved(value: Value, place: Place, is_of_other_file: bool) -> Value {
    match value {
        Value::Text { text, .. } => Value::Text {
            text,
            is_verbatim: false,
        },
        Value::OneOf(values) => Value::OneOf(
            values
                .into_iter()
                .map(|at| At {
                    value: moved(at.value, place, is_of_other_file),
                    place,
                })
                .collect(),
        ),
        Value::List { items, is_whole } if is_of_other_file => Value::List {
            items: items
                .into_iter()
                .map(|at| At {
                    value: moved(at.value, place, true),
                    place,
                })
                .collect(),
            is_whole,
        },
        Value::Fields { fields, is_whole } if is_of_other_file => Value::Fields {
            fields: fields
                .into_iter()
                .map(|field| Field {
                    value: moved(field.value, place, true),
                    place,
                    ..field
                })
                .collect(),
            is_whole,
        },
        other => other,
    }
}
