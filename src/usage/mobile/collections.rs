//! Lists, maps, and what Kotlin builds.

use std::ops::Range;
use std::sync::Arc;

use super::lexer::Language;
use super::value::{Values, plain};
use crate::usage::code::{Field, Value};

impl Values<'_> {
    pub(super) fn list_or_map(self, range: Range<usize>) -> Value {
        let tokens = self.tokens();
        if self.language() == Language::Swift {
            let parts = tokens.split(range.clone());
            let has_colon = |part: &Range<usize>| self.colon(part).is_some();
            if parts.first().is_some_and(has_colon) {
                return self.map(range);
            }
        }
        let mut items = Vec::new();
        let mut is_whole = true;
        for part in tokens.split(range) {
            if tokens.is(part.start, '.') || matches!(tokens.word(part.start), Some("if" | "for")) {
                is_whole = false;
                continue;
            }
            items.push(self.deeper().at(part));
        }
        Value::List { items, is_whole }
    }

    /// `'a': 1, if (b) 'c': 2, ...d`.
    pub(super) fn map(self, range: Range<usize>) -> Value {
        let tokens = self.tokens();
        let mut fields: Vec<Field> = Vec::new();
        let mut is_whole = true;
        for part in tokens.split(range) {
            let mut start = part.start;
            let mut is_optional = false;
            if tokens.is(start, '.') && tokens.is(start + 1, '.') {
                start += 3;
                start += usize::from(tokens.is(start, '?'));
                match self.deeper().value(start..part.end) {
                    Value::Fields {
                        fields: more,
                        is_whole: whole,
                    } => {
                        fields.extend(more);
                        is_whole &= whole;
                    }
                    _ => is_whole = false,
                }
                continue;
            }
            if tokens.is_word(start, "if")
                && let Some(test) = tokens.inside(start + 1)
            {
                is_optional = true;
                start = test.end + 1;
            }
            let entry = start..part.end;
            let colon = self.colon(&entry);
            let key = colon.map(|colon| self.deeper().value(start..colon));
            let (Some(colon), Some(Value::Text { text: name, .. })) = (colon, key) else {
                is_whole = false;
                continue;
            };
            let has_else = (colon..part.end).any(|at| tokens.is_word(at, "else"));
            is_whole &= !has_else;
            let value = if has_else {
                Value::Unknown
            } else {
                self.deeper().value(colon + 1..part.end)
            };
            fields.push(Field {
                name,
                place: self.place(start),
                value,
                is_optional,
            });
        }
        Value::Fields { fields, is_whole }
    }

    /// The colon of an entry, outside of brackets and conditions.
    fn colon(self, part: &Range<usize>) -> Option<usize> {
        let tokens = self.tokens();
        let mut at = part.start;
        while at < part.end {
            if tokens.is(at, '?') {
                return None;
            }
            if tokens.is(at, ':') {
                return Some(at);
            }
            at = match tokens.partner(at) {
                Some(end) if end > at => end + 1,
                _ => at + 1,
            };
        }
        None
    }

    /// What Kotlin's functions build: lists, maps, JSON, columns.
    pub(super) fn built(self, range: Range<usize>) -> Option<Value> {
        let tokens = self.tokens();
        let mut name = range.start;
        while tokens.word(name).is_some()
            && tokens.is(name + 1, '.')
            && tokens.word(name + 2).is_some()
        {
            name += 2;
        }
        let word = tokens.word(name)?;
        let owner = name
            .checked_sub(2)
            .filter(|at| *at >= range.start)
            .and_then(|at| tokens.word(at));
        if owner == Some("Columns") && word == "ALL" {
            return Some(plain("*"));
        }
        let mut open = name + 1;
        if tokens.is(open, '<') {
            open = (open..range.end.min(open + 20)).find(|at| tokens.is(*at, '>'))? + 1;
        }
        let inner = tokens
            .inside(open)
            .filter(|inner| inner.end + 1 == range.end)?;
        let parts = self.arguments(inner.clone());
        match (owner, word) {
            (Some("Columns"), "raw") | (None, "JsonObject" | "JsonPrimitive") => {
                Some(self.deeper().value(parts.first()?.range.clone()))
            }
            (Some("Columns"), "list") => {
                let columns = parts
                    .into_iter()
                    .map(|part| match self.deeper().value(part.range) {
                        Value::Text { text, .. } => Some(text),
                        _ => None,
                    });
                let columns: Option<Vec<Arc<str>>> = columns.collect();
                Some(columns.map_or(Value::Unknown, |columns| plain(columns.join(","))))
            }
            (None, "listOf" | "mutableListOf" | "arrayListOf" | "setOf" | "arrayOf") => {
                Some(Value::List {
                    items: parts
                        .into_iter()
                        .map(|part| self.deeper().at(part.range))
                        .collect(),
                    is_whole: true,
                })
            }
            (None, "mapOf" | "mutableMapOf" | "hashMapOf") => Some(self.pairs(inner)),
            (None, "buildJsonObject" | "buildMap") if tokens.is(open, '{') => {
                Some(self.puts(inner))
            }
            _ => None,
        }
    }

    /// `"a" to 1, "b" to 2`.
    fn pairs(self, range: Range<usize>) -> Value {
        let tokens = self.tokens();
        let mut fields = Vec::new();
        let mut is_whole = true;
        for part in tokens.split(range) {
            let to = part.clone().find(|at| tokens.is_word(*at, "to"));
            let key = to.map(|to| self.deeper().value(part.start..to));
            match (to, key) {
                (Some(to), Some(Value::Text { text: name, .. })) => fields.push(Field {
                    name,
                    place: self.place(part.start),
                    value: self.deeper().value(to + 1..part.end),
                    is_optional: false,
                }),
                _ => is_whole = false,
            }
        }
        Value::Fields { fields, is_whole }
    }

    /// `put("a", 1)` in the body of a builder; anything else in it may add more.
    pub(super) fn puts(self, body: Range<usize>) -> Value {
        let tokens = self.tokens();
        let mut fields: Vec<Field> = Vec::new();
        let mut is_whole = true;
        let mut at = body.start;
        while at < body.end {
            let is_put = matches!(tokens.word(at), Some("put" | "set"));
            let put = is_put.then(|| tokens.inside(at + 1)).flatten();
            let Some(inner) = put else {
                is_whole &= tokens.is(at, ';');
                at = match tokens.partner(at) {
                    Some(end) if end > at => end + 1,
                    _ => at + 1,
                };
                continue;
            };
            at = inner.end + 1;
            let parts = self.arguments(inner);
            match parts.as_slice() {
                [key, value] => match self.deeper().value(key.range.clone()) {
                    Value::Text { text: name, .. } => fields.push(Field {
                        name,
                        place: self.place(key.range.start),
                        value: self.deeper().value(value.range.clone()),
                        is_optional: false,
                    }),
                    _ => is_whole = false,
                },
                _ => is_whole = false,
            }
        }
        Value::Fields { fields, is_whole }
    }
}
