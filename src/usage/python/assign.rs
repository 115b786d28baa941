//! Gives values to names, and to fields of what names stand for.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::reader::Reader;
use super::thing::Thing;
use crate::usage::code::{At, Field, Place, Value};

impl<'a> Reader<'_, 'a> {
    pub(super) fn assign(&mut self, target: &'a Expr, thing: Thing<'a>) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), thing),
            Expr::Tuple(names) => {
                let items = match thing {
                    Thing::Data(Value::List {
                        items,
                        is_whole: true,
                    }) if items.len() == names.elts.len() => items
                        .into_iter()
                        .map(|item| Thing::Data(item.value))
                        .collect(),
                    Thing::Foreign => vec![Thing::Foreign; names.elts.len()],
                    _ => vec![Thing::Unknown; names.elts.len()],
                };
                for (name, thing) in names.elts.iter().zip(items) {
                    self.assign(name, thing);
                }
            }
            Expr::Subscript(part) => {
                let key = self.eval(&part.slice).into_value();
                let place = self.place(part.slice.start());
                self.set_field(&part.value, &key, thing.into_value(), place);
            }
            Expr::Attribute(attribute) => {
                self.eval(&attribute.value);
            }
            _ => {}
        }
    }

    /// Names of a loop stand for each item of a known list.
    pub(super) fn bind_items(&mut self, target: &'a Expr, iter: &'a Expr) {
        let mut thing = Thing::Unknown;
        if is_plain(iter, 0)
            && let Thing::Data(Value::List {
                items,
                is_whole: true,
            }) = self.eval(iter)
        {
            thing = Thing::Data(one_of_all(items));
        }
        self.assign(target, thing);
    }

    /// `row["name"] = value` upon a variable that is known.
    fn set_field(&mut self, object: &'a Expr, key: &Value, value: Value, place: Place) {
        let Expr::Name(name) = object else { return };
        let Some(known) = self.local(name.id.as_str()) else {
            return;
        };
        let Thing::Data(Value::Fields { fields, is_whole }) = known else {
            return;
        };
        let Value::Text { text, .. } = key else {
            *is_whole = false;
            return;
        };
        fields.retain(|field| field.name != *text);
        fields.push(Field {
            name: text.clone(),
            place,
            value,
            is_optional: false,
        });
    }

    pub(super) fn forget_field(&mut self, target: &'a Expr) {
        if let Expr::Subscript(part) = target
            && let Expr::Name(name) = &*part.value
        {
            let key = self.eval(&part.slice).into_value();
            if let Some(known) = self.local(name.id.as_str()) {
                match (known, key) {
                    (Thing::Data(Value::Fields { fields, .. }), Value::Text { text, .. }) => {
                        fields.retain(|field| field.name != text);
                    }
                    (known, _) => *known = Thing::Unknown,
                }
            }
        }
    }
}

/// Whether an expression calls nothing, so that it may be looked at twice.
pub(super) fn is_plain(expr: &Expr, depth: usize) -> bool {
    depth < 20
        && match expr {
            Expr::Name(_) | Expr::StringLiteral(_) | Expr::NumberLiteral(_) => true,
            Expr::Attribute(attribute) => is_plain(&attribute.value, depth + 1),
            Expr::Subscript(part) => {
                is_plain(&part.value, depth + 1) && is_plain(&part.slice, depth + 1)
            }
            Expr::List(list) => list.elts.iter().all(|item| is_plain(item, depth + 1)),
            Expr::Tuple(list) => list.elts.iter().all(|item| is_plain(item, depth + 1)),
            _ => false,
        }
}

pub(super) fn one_of_all(mut items: Vec<At>) -> Value {
    if items.len() == 1 {
        return items.remove(0).value;
    }
    if items.is_empty() || items.len() > 50 || items.iter().any(|item| item.value == Value::Unknown)
    {
        return Value::Unknown;
    }
    Value::OneOf(items)
}
