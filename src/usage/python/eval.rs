//! What an expression stands for, and every call in it.

use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::assign::one_of_all;
use super::reader::Reader;
use super::thing::Thing;
use crate::usage::code::{At, Field, HOLE, Place, Value};

/// Expressions within expressions; the parser nests no deeper, but chains of calls are no nesting to it.
const DEEPEST: u32 = 400;

/// The longest text that is put together.
pub(super) const LONGEST: usize = 100_000;

/// The most fields or items that are kept of a value.
pub(super) const MOST: usize = 5_000;

impl<'a> Reader<'_, 'a> {
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Thing<'a> {
        if self.fuel == 0 || self.depth >= DEEPEST {
            return Thing::Unknown;
        }
        self.fuel -= 1;
        self.depth += 1;
        let thing = self.expression(expr);
        self.depth -= 1;
        thing
    }

    /// The value of an expression and where it stands.
    pub(super) fn at(&mut self, expr: &'a Expr) -> At {
        let value = self.eval(expr).into_value();
        let start = match expr {
            Expr::StringLiteral(literal) => literal
                .value
                .iter()
                .next()
                .map_or(expr.start(), |part| part.content_range().start()),
            other => other.start(),
        };
        let place = self.place(start);
        At { value, place }
    }

    fn expression(&mut self, expr: &'a Expr) -> Thing<'a> {
        match expr {
            Expr::Name(name) => self.name(name.id.as_str(), self.place(expr.start())),
            Expr::Attribute(attribute) => self.attribute(attribute),
            Expr::Subscript(part) => {
                let object = self.eval(&part.value);
                let key = self.eval(&part.slice);
                self.part(object, key.into_value())
            }
            Expr::Call(call) => self.call(call),
            Expr::Await(wait) => self.eval(&wait.value),
            Expr::Starred(all) => self.eval(&all.value),
            Expr::Named(named) => {
                let thing = self.eval(&named.value);
                self.assign(&named.target, thing.clone());
                thing
            }
            Expr::If(either) => {
                self.eval(&either.test);
                let one = self.eval(&either.body);
                let other = self.eval(&either.orelse);
                one.or(other, self.place(expr.start()))
            }
            Expr::BoolOp(several) => {
                let place = self.place(expr.start());
                let things = several.values.iter().map(|one| self.eval(one));
                things
                    .reduce(|all, other| all.or(other, place))
                    .unwrap_or(Thing::Unknown)
            }
            Expr::BinOp(pair) => {
                let left = self.eval(&pair.left);
                let right = self.eval(&pair.right);
                Thing::Data(sum(left.into_value(), pair.op, right.into_value()))
            }
            Expr::UnaryOp(turned) => match (turned.op, self.eval(&turned.operand).into_value()) {
                (UnaryOp::USub, Value::Number(number)) => {
                    Thing::Data(Value::Number(format!("-{number}").into()))
                }
                _ => Thing::Unknown,
            },
            Expr::Yield(given) => {
                if let Some(value) = &given.value {
                    let thing = self.eval(value);
                    self.returned.push(thing);
                }
                Thing::Unknown
            }
            Expr::Lambda(lambda) => Thing::Lambda(self.module, lambda),
            other => self.data(other).map_or(Thing::Unknown, Thing::Data),
        }
    }

    /// The value of a literal or of a list that is written out; of anything else only what is inside is looked at.
    fn data(&mut self, expr: &'a Expr) -> Option<Value> {
        Some(match expr {
            Expr::StringLiteral(literal) => self.literal(literal),
            Expr::FString(text) => self.template(text),
            Expr::NumberLiteral(number) => Value::Number(self.here().text[number.range].into()),
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NoneLiteral(_) => Value::Null,
            Expr::List(list) => self.list(&list.elts),
            Expr::Tuple(tuple) => self.list(&tuple.elts),
            Expr::Set(set) => self.list(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::ListComp(each) => self.each(&each.generators, &each.elt),
            Expr::SetComp(each) => self.each(&each.generators, &each.elt),
            Expr::Generator(each) => self.each(&each.generators, &each.elt),
            Expr::DictComp(_) => {
                walk_expr(self, expr);
                Value::Fields {
                    fields: Vec::new(),
                    is_whole: false,
                }
            }
            other => {
                walk_expr(self, other);
                return None;
            }
        })
    }

    /// `object[key]`.
    fn part(&mut self, object: Thing<'a>, key: Value) -> Thing<'a> {
        match (object, key) {
            (Thing::Data(Value::Fields { fields, .. }), Value::Text { text, .. }) => fields
                .into_iter()
                .find(|field| field.name == text && !field.is_optional)
                .map_or(Thing::Unknown, |field| Thing::Data(field.value)),
            (
                Thing::Data(Value::Fields {
                    fields,
                    is_whole: true,
                }),
                _,
            ) if self.site.is_none() => {
                let items = fields.into_iter().map(|field| At {
                    value: field.value,
                    place: field.place,
                });
                Thing::Data(one_of_all(items.collect()))
            }
            (
                Thing::Data(Value::List {
                    items,
                    is_whole: true,
                }),
                Value::Number(at),
            ) => at
                .parse::<usize>()
                .ok()
                .and_then(|at| items.into_iter().nth(at))
                .map_or(Thing::Unknown, |item| Thing::Data(item.value)),
            (Thing::Class(owner), Value::Text { text, .. }) => {
                // `Table["USERS"]` of an enum.
                self.class_attribute(owner, &text)
            }
            (Thing::Foreign, _) => Thing::Foreign,
            _ => Thing::Unknown,
        }
    }
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.eval(expr);
    }
}

/// A text that does not stand in the file as it is.
pub(super) fn plain(text: impl Into<Arc<str>>) -> Value {
    Value::Text {
        text: text.into(),
        is_verbatim: false,
    }
}

/// A text, or what is known of it where it has holes.
pub(super) fn molded(text: String) -> Value {
    if text.contains(HOLE) {
        Value::Mold(text.into())
    } else {
        plain(text)
    }
}

pub(super) fn set(fields: &mut Vec<Field>, field: Field) {
    fields.retain(|known| known.name != field.name || field.is_optional);
    fields.push(field);
}

/// `left + right`, `left | right`, `left % right`, as far as texts, lists and dictionaries go.
fn sum(left: Value, operator: Operator, right: Value) -> Value {
    let hole = HOLE.to_string();
    match (left, operator, right) {
        (Value::Text { text: left, .. }, Operator::Add, Value::Text { text: right, .. })
            if left.len() + right.len() < LONGEST =>
        {
            plain(format!("{left}{right}"))
        }
        (
            Value::List {
                mut items,
                is_whole,
            },
            Operator::Add,
            Value::List {
                items: more,
                is_whole: whole,
            },
        ) if items.len() + more.len() < MOST => {
            items.extend(more);
            Value::List {
                items,
                is_whole: is_whole && whole,
            }
        }
        (
            Value::Fields {
                mut fields,
                is_whole,
            },
            Operator::BitOr,
            Value::Fields {
                fields: more,
                is_whole: whole,
            },
        ) => {
            for field in more {
                set(&mut fields, field);
            }
            Value::Fields {
                fields,
                is_whole: is_whole && whole,
            }
        }
        (Value::Text { text: left, .. } | Value::Mold(left), Operator::Add, right)
            if left.len() < LONGEST =>
        {
            let more = match &right {
                Value::Text { text, .. } | Value::Mold(text) if text.len() < LONGEST => &**text,
                _ => &hole,
            };
            molded(format!("{left}{more}"))
        }
        (Value::Text { text, .. }, Operator::Mod, _) => {
            molded(text.replace("%s", &hole).replace("%d", &hole))
        }
        _ => Value::Unknown,
    }
}

/// Where a name is written the value does not stand: places inside it do, unless it is of another file.
pub(super) fn named<'a>(thing: Thing<'a>, place: Place, is_elsewhere: bool) -> Thing<'a> {
    match thing {
        Thing::Data(Value::Text { text, .. }) => Thing::Data(plain(text)),
        thing if is_elsewhere => thing.moved(place),
        thing => thing,
    }
}
