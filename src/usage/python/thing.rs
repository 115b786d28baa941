//! What an expression stands for while a file is read.

use ruff_python_ast::{ExprLambda, StmtClassDef, StmtFunctionDef};

use crate::usage::code::{At, Call, Certainty, Client, Field, Place, Value};

/// A client with the calls made upon it so far, none of which is a query yet.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) calls: Vec<Call>,
    pub(super) client: Client,
    pub(super) certainty: Certainty,
    pub(super) is_of_storage: bool,
    /// Which base of the file it is, so that one that nobody goes on with is told of by itself.
    pub(super) base: Option<usize>,
}

impl Handle {
    pub(super) const fn new(client: Client, certainty: Certainty) -> Self {
        Self {
            calls: Vec::new(),
            client,
            certainty,
            is_of_storage: false,
            base: None,
        }
    }

    /// The same as seen from a place in another file.
    pub(super) fn moved(mut self, place: Place) -> Self {
        for call in &mut self.calls {
            call.place = place;
            // One that surely asks Supabase is told of where it stands.
            call.is_told = self.certainty == Certainty::Known;
            for argument in &mut call.arguments {
                *argument = moved(argument.clone(), place);
            }
        }
        self.base = None;
        self
    }
}

/// What an expression stands for.
#[derive(Debug, Clone)]
pub(super) enum Thing<'a> {
    Data(Value),
    Handle(Box<Handle>),
    /// Queries that are being put together: indices of chains. Whether `not_` stands before the next call.
    Query(Vec<usize>, bool),
    /// A function with the module it is in, and the object it is a method of.
    Function(usize, &'a StmtFunctionDef, Option<Owner<'a>>),
    Lambda(usize, &'a ExprLambda),
    Class(Owner<'a>),
    Instance(Owner<'a>),
    Module(usize),
    /// A name of a package that is not in the sources, dotted.
    Outside(String),
    /// Something that surely is no client.
    Foreign,
    Unknown,
}

/// A class and the module it is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) module: usize,
    pub(super) class: &'a StmtClassDef,
}

impl<'a> Thing<'a> {
    pub(super) fn into_value(self) -> Value {
        match self {
            Thing::Data(value) => value,
            _ => Value::Unknown,
        }
    }

    /// Whether both are the same definition.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Thing::Function(_, one, _), Thing::Function(_, other, _)) => {
                std::ptr::eq(*one, *other)
            }
            (Thing::Lambda(_, one), Thing::Lambda(_, other)) => std::ptr::eq(*one, *other),
            (Thing::Class(one), Thing::Class(other))
            | (Thing::Instance(one), Thing::Instance(other)) => {
                std::ptr::eq(one.class, other.class)
            }
            (Thing::Module(one), Thing::Module(other)) => one == other,
            (Thing::Outside(one), Thing::Outside(other)) => one == other,
            _ => false,
        }
    }

    pub(super) fn moved(self, place: Place) -> Self {
        match self {
            Thing::Data(value) => Thing::Data(moved(At { value, place }, place).value),
            Thing::Handle(handle) => Thing::Handle(Box::new(handle.moved(place))),
            other => other,
        }
    }

    /// What stands behind two ways of a condition.
    pub(super) fn or(self, other: Thing<'a>, place: Place) -> Thing<'a> {
        match (self, other) {
            (Thing::Handle(left), Thing::Handle(right)) => Thing::Handle(either(left, &right)),
            (Thing::Query(mut left, negated), Thing::Query(right, _)) => {
                left.extend(right);
                left.sort_unstable();
                left.dedup();
                Thing::Query(left, negated)
            }
            (Thing::Handle(one), _) | (_, Thing::Handle(one)) => Thing::Handle(one),
            (one @ Thing::Query(..), _) | (_, one @ Thing::Query(..)) => one,
            (Thing::Data(left), Thing::Data(right)) => Thing::Data(one_of(left, right, place)),
            (Thing::Foreign, Thing::Foreign) => Thing::Foreign,
            (one, other) if one.is(&other) => one,
            (Thing::Data(Value::Null), other) | (other, Thing::Data(Value::Null)) => other,
            _ => Thing::Unknown,
        }
    }
}

/// A client that is one of two: calls of both are the same or it is unknown what was called.
fn either(mut left: Box<Handle>, right: &Handle) -> Box<Handle> {
    if left.client != right.client {
        left.client = Client::Unknown;
    }
    if left.calls != right.calls {
        for call in &mut left.calls {
            for argument in &mut call.arguments {
                argument.value = Value::Unknown;
            }
        }
    }
    left.certainty = left.certainty.max(right.certainty);
    left
}

fn one_of(left: Value, right: Value, place: Place) -> Value {
    if left == right {
        return left;
    }
    match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
        (
            Value::Fields {
                fields: left,
                is_whole: first,
            },
            Value::Fields {
                fields: right,
                is_whole: second,
            },
        ) => Value::Fields {
            fields: both(left, right, place),
            is_whole: first && second,
        },
        // Lists of two ways, such as of rows or of none: no one knows how many there are.
        (Value::List { items, .. }, Value::List { items: more, .. }) => {
            let mut all = items;
            for item in more {
                if !all.iter().any(|known| known.value == item.value) {
                    all.push(item);
                }
            }
            Value::List {
                items: all,
                is_whole: false,
            }
        }
        (left, right) => {
            let mut items = several(left, place);
            for item in several(right, place) {
                if !items.iter().any(|known| known.value == item.value) {
                    items.push(item);
                }
            }
            Value::OneOf(items)
        }
    }
}

fn several(value: Value, place: Place) -> Vec<At> {
    match value {
        Value::OneOf(items) => items,
        value => vec![At { value, place }],
    }
}

/// Fields of two states of one object: what only one has may be absent.
fn both(left: Vec<Field>, mut right: Vec<Field>, place: Place) -> Vec<Field> {
    let mut fields = Vec::new();
    for mut field in left {
        match right.iter().position(|other| other.name == field.name) {
            Some(at) => {
                let other = right.remove(at);
                field.is_optional |= other.is_optional;
                field.value = one_of(field.value, other.value, place);
            }
            None => field.is_optional = true,
        }
        fields.push(field);
    }
    fields.extend(right.into_iter().map(|field| Field {
        is_optional: true,
        ..field
    }));
    fields
}

/// A value with all places in it set to one.
pub(super) fn moved(at: At, place: Place) -> At {
    let all = |items: Vec<At>| items.into_iter().map(|item| moved(item, place)).collect();
    let value = match at.value {
        Value::Text { text, .. } => Value::Text {
            text,
            is_verbatim: false,
        },
        Value::Mold(text) => Value::Mold(text),
        Value::List { items, is_whole } => Value::List {
            items: all(items),
            is_whole,
        },
        Value::OneOf(items) => Value::OneOf(all(items)),
        Value::Fields { fields, is_whole } => Value::Fields {
            fields: fields
                .into_iter()
                .map(|field| Field {
                    value: moved(
                        At {
                            value: field.value,
                            place,
                        },
                        place,
                    )
                    .value,
                    place,
                    ..field
                })
                .collect(),
            is_whole,
        },
        plain @ (Value::Number(_) | Value::Bool(_) | Value::Null | Value::Unknown) => plain,
    };
    At { value, place }
}
