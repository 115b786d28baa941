//! Literals: texts with their holes, lists and dictionaries that are written out, and comprehensions.

use ruff_python_ast::{
    Comprehension, Expr, ExprDict, ExprFString, ExprStringLiteral, FStringPart,
    InterpolatedStringElement,
};

use super::eval::{LONGEST, MOST, molded, set};
use super::reader::{Frame, Reader};
use crate::usage::code::{Field, HOLE, Value};

impl<'a> Reader<'_, 'a> {
    pub(super) fn literal(&self, literal: &ExprStringLiteral) -> Value {
        let text = literal.value.to_str();
        let mut parts = literal.value.iter();
        let is_verbatim = self.site.is_none()
            && matches!((parts.next(), parts.next()), (Some(part), None)
                if self.here().text.get(
                    part.content_range().start().to_usize()..part.content_range().end().to_usize()
                ) == Some(text));
        Value::Text {
            text: text.into(),
            is_verbatim,
        }
    }

    /// A template is a text when every hole holds one.
    pub(super) fn template(&mut self, template: &'a ExprFString) -> Value {
        let mut text = Some(String::new());
        for part in &template.value {
            match part {
                FStringPart::Literal(literal) => push(&mut text, &literal.value),
                FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                push(&mut text, &literal.value);
                            }
                            InterpolatedStringElement::Interpolation(hole) => {
                                let value = self.eval(&hole.expression).into_value();
                                match value {
                                    Value::Text { text: held, .. } | Value::Number(held)
                                        if hole.format_spec.is_none()
                                            && hole.debug_text.is_none() =>
                                    {
                                        push(&mut text, &held);
                                    }
                                    Value::Mold(held) => push(&mut text, &held),
                                    _ => push(&mut text, &HOLE.to_string()),
                                }
                            }
                        }
                    }
                }
            }
        }
        text.map_or(Value::Unknown, molded)
    }

    pub(super) fn list(&mut self, elements: &'a [Expr]) -> Value {
        let mut items = Vec::new();
        let mut is_whole = elements.len() <= MOST;
        for element in elements {
            if let Expr::Starred(all) = element {
                match self.eval(&all.value).into_value() {
                    Value::List {
                        items: more,
                        is_whole: whole,
                    } => {
                        items.extend(more);
                        is_whole &= whole;
                    }
                    _ => is_whole = false,
                }
                continue;
            }
            let item = self.at(element);
            if items.len() < MOST {
                items.push(item);
            }
        }
        Value::List { items, is_whole }
    }

    pub(super) fn dict(&mut self, dict: &'a ExprDict) -> Value {
        let mut fields: Vec<Field> = Vec::new();
        let mut is_whole = dict.items.len() <= MOST;
        for item in dict.items.iter().take(MOST) {
            let Some(key) = &item.key else {
                match self.eval(&item.value).into_value() {
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
                continue;
            };
            let key = self.at(key);
            let value = self.eval(&item.value).into_value();
            match key.value {
                Value::Text { text: name, .. } => set(
                    &mut fields,
                    Field {
                        name,
                        place: key.place,
                        value,
                        is_optional: false,
                    },
                ),
                _ => is_whole = false,
            }
        }
        Value::Fields { fields, is_whole }
    }

    /// A comprehension: a list of nobody knows how many of its element.
    pub(super) fn each(&mut self, generators: &'a [Comprehension], element: &'a Expr) -> Value {
        self.frames.push(Frame::new());
        for generator in generators {
            self.eval(&generator.iter);
            self.bind_items(&generator.target, &generator.iter);
            for test in &generator.ifs {
                self.eval(test);
            }
        }
        let item = self.at(element);
        self.frames.pop();
        Value::List {
            items: vec![item],
            is_whole: false,
        }
    }
}

fn push(text: &mut Option<String>, more: &str) {
    if let Some(held) = text {
        if held.len() + more.len() > LONGEST {
            *text = None;
        } else {
            held.push_str(more);
        }
    }
}
