//! Methods of texts, lists and dictionaries.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};

use super::call::LONGEST;
use super::eval::{plain, set};
use super::methods::Arguments;
use super::reader::Reader;
use super::thing::Thing;
use crate::usage::code::{At, Field, HOLE, Value};

impl<'a> Reader<'_, 'a> {
    /// Methods of texts, lists and dictionaries.
    pub(super) fn method_of_value(
        &mut self,
        value: Value,
        call: &'a ExprCall,
        attribute: &'a ExprAttribute,
    ) -> Thing<'a> {
        let name = attribute.attr.as_str();
        let given = self.arguments(call);
        let variable = match &*attribute.value {
            Expr::Name(name) => Some(name.id.as_str()),
            _ => None,
        };
        match (value, name) {
            (Value::Text { text, .. }, "strip") if given.positional.is_empty() => {
                Thing::Data(plain(text.trim()))
            }
            (Value::Text { text, .. }, "format") => Thing::Data(formatted(&text)),
            (Value::Text { text, .. }, "lower") => Thing::Data(plain(text.to_lowercase())),
            (Value::Text { text, .. }, "join") => {
                match given.positional.into_iter().next().map(|at| at.value) {
                    Some(Value::List {
                        items,
                        is_whole: true,
                    }) => Thing::Data(joined(&items, &text)),
                    _ => Thing::Unknown,
                }
            }
            (Value::Fields { fields, is_whole }, "copy") => {
                Thing::Data(Value::Fields { fields, is_whole })
            }
            (Value::Fields { .. }, "update") => {
                self.update(variable, given);
                Thing::Unknown
            }
            (Value::List { .. }, "append") => {
                self.append(variable, given);
                Thing::Unknown
            }
            (Value::Fields { .. }, "get" | "keys" | "items" | "values") => Thing::Unknown,
            (Value::Fields { .. }, "pop") => {
                if let Some(variable) = variable
                    && let Some(known) = self.local(variable)
                {
                    *known = without(known.clone(), given.positional.first());
                }
                Thing::Unknown
            }
            _ => {
                if let Some(variable) = variable {
                    self.unsettle(variable);
                }
                Thing::Unknown
            }
        }
    }

    fn append(&mut self, variable: Option<&str>, given: Arguments) {
        if let (Some(variable), Some(item)) = (variable, given.positional.into_iter().next())
            && let Some(Thing::Data(Value::List { items, is_whole })) = self.local(variable)
        {
            *is_whole = false;
            if items.len() < LONGEST {
                items.push(item);
            }
        }
    }

    fn update(&mut self, variable: Option<&str>, given: Arguments) {
        let Value::Fields {
            fields: more,
            is_whole: whole,
        } = fields_of(given)
        else {
            return;
        };
        if let Some(variable) = variable
            && let Some(Thing::Data(Value::Fields { fields, is_whole })) = self.local(variable)
        {
            for field in more {
                set(fields, field);
            }
            *is_whole &= whole;
        }
    }
}

/// The arguments of `dict(…)` and of `update(…)`.
pub(super) fn fields_of(given: Arguments) -> Value {
    let mut fields = Vec::new();
    let mut is_whole = !given.is_open;
    for at in given.positional {
        match at.value {
            Value::Fields {
                fields: more,
                is_whole: whole,
            } => {
                for field in more {
                    set(&mut fields, field);
                }
                is_whole &= whole;
            }
            _ => is_whole = false,
        }
    }
    for (name, at) in given.named {
        set(
            &mut fields,
            Field {
                name,
                place: at.place,
                value: at.value,
                is_optional: false,
            },
        );
    }
    Value::Fields { fields, is_whole }
}

fn joined(items: &[At], between: &str) -> Value {
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match &item.value {
            Value::Text { text, .. } => Some(&**text),
            _ => None,
        })
        .collect();
    texts.map_or(Value::Unknown, |texts| plain(texts.join(between)))
}

/// `"{}.eq.{}".format(…)`: braces are holes.
fn formatted(text: &str) -> Value {
    let mut mold = String::new();
    let mut is_open = false;
    for letter in text.chars() {
        match letter {
            '{' => {
                is_open = true;
                mold.push(HOLE);
            }
            '}' => is_open = false,
            letter if !is_open => mold.push(letter),
            _ => {}
        }
    }
    Value::Mold(mold.into())
}

fn without<'a>(thing: Thing<'a>, key: Option<&At>) -> Thing<'a> {
    match (thing, key.map(|at| &at.value)) {
        (
            Thing::Data(Value::Fields {
                mut fields,
                is_whole,
            }),
            Some(Value::Text { text, .. }),
        ) => {
            fields.retain(|field| field.name != *text);
            Thing::Data(Value::Fields { fields, is_whole })
        }
        _ => Thing::Unknown,
    }
}
