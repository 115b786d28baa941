//! Turns the parts of a chain into calls.

use std::ops::Range;

use super::chains::{Finder, LONGEST};
use super::lexer::{Kind, Language};
use super::methods::{call, changes, is_known, is_silent, translated};
use super::segments::{Segment, Step};
use super::value::{Argument, Values};
use crate::usage::code::{At, Chain, Place, Value};

impl Finder<'_> {
    pub(super) fn calls(&self, segments: &[Segment], chain: &mut Chain) {
        let values = self.values();
        for segment in segments {
            if chain.calls.len() >= LONGEST {
                return;
            }
            let place = self.place(segment.at);
            match &segment.step {
                Step::Index(inner) => {
                    chain
                        .calls
                        .push(call("from", vec![values.at(inner.clone())], place));
                }
                Step::Member => match self.program.getters.get(&segment.name) {
                    Some((file, range)) => {
                        let value = Values::new(self.program, *file).value(range.clone());
                        chain
                            .calls
                            .push(call("from", vec![At { value, place }], place));
                    }
                    None if matches!(&*segment.name, "postgrest" | "storage") => {}
                    None => return,
                },
                Step::Call(inner, body) => {
                    let given = values.arguments(inner.clone());
                    if !self.method(segment, &given, body.clone(), chain) {
                        return;
                    }
                }
            }
        }
    }

    /// One call; whether those after it still belong to the chain.
    fn method(
        &self,
        segment: &Segment,
        given: &[Argument],
        body: Option<Range<usize>>,
        chain: &mut Chain,
    ) -> bool {
        let values = self.values();
        let place = self.place(segment.at);
        let has_begun = !chain.calls.is_empty();
        match &*segment.name {
            "from" | "schema" => {
                self.start_of(&segment.name, given, place, chain);
                return true;
            }
            "onPostgresChanges" | "postgresChange" | "postgresChangeFlow" => {
                let more = body.map(|body| self.settings(body)).unwrap_or_default();
                chain.calls.push(changes(values, given, &more, place));
                return true;
            }
            name if chain.is_of_storage => {
                chain.calls.push(call(name, Vec::new(), place));
                return false;
            }
            _ => {}
        }
        let name = &*segment.name;
        let mut given = given.to_vec();
        if let Some(body) = &body
            && is_known(name)
        {
            given.extend(self.settings(body.clone()).into_iter().filter(|argument| {
                matches!(
                    argument.label.as_deref(),
                    Some("onConflict" | "ignoreDuplicates")
                )
            }));
        }
        if is_known(name) || name == "stream" {
            chain
                .calls
                .extend(translated(values, self.language, name, &given, place));
        } else if !is_silent(name) || !has_begun {
            return false;
        }
        if let Some(body) = body {
            self.block(body, chain);
        }
        true
    }

    /// `from("t")`, `from("schema", "t")`, `from(schema = "s", table = "t")`.
    fn start_of(&self, name: &str, given: &[Argument], place: Place, chain: &mut Chain) {
        let values = self.values();
        let of = |label: &str| {
            given
                .iter()
                .find(|argument| argument.label.as_deref() == Some(label))
        };
        let (schema, table) = match (of("schema"), of("table"), given) {
            (schema, Some(table), _) => (schema, table),
            (None, None, [schema, table])
                if self.language == Language::Kotlin && schema.label.is_none() =>
            {
                (Some(schema), table)
            }
            (_, _, [only, ..]) => (None, only),
            (_, _, []) => return,
        };
        if let Some(schema) = schema {
            chain
                .calls
                .push(call("schema", vec![values.at(schema.range.clone())], place));
        }
        chain
            .calls
            .push(call(name, vec![values.at(table.range.clone())], place));
    }

    /// `table = "a"` in a block.
    fn settings(&self, body: Range<usize>) -> Vec<Argument> {
        let mut settings = Vec::new();
        for at in body.clone() {
            let Some(label) = self
                .tokens
                .word(at)
                .filter(|_| self.tokens.is(at + 1, '=') && !self.tokens.is(at + 2, '='))
            else {
                continue;
            };
            let end = (at + 2..body.end)
                .find(|next| {
                    *next > at + 2 && self.tokens.all[*next].begins_line
                        || self.tokens.is(*next, ';')
                })
                .unwrap_or(body.end);
            settings.push(Argument {
                label: Some(label.to_owned()),
                range: at + 2..end,
            });
        }
        settings
    }

    /// The filters and modifiers in the block of a Kotlin call, however deep.
    fn block(&self, body: Range<usize>, chain: &mut Chain) {
        let values = self.values();
        for at in body {
            let Some(name) = self.tokens.word(at) else {
                continue;
            };
            let is_inner = self.tokens.is(at.wrapping_sub(1), '.');
            if is_inner
                || !self.tokens.is(at + 1, '(')
                || !is_known(name)
                || chain.calls.len() >= LONGEST
            {
                continue;
            }
            let Some(inner) = self.tokens.inside(at + 1) else {
                continue;
            };
            let given = values.arguments(inner);
            let is_column = given.first().is_some_and(|first| {
                matches!(
                    self.tokens
                        .all
                        .get(first.range.start)
                        .map(|token| &token.kind),
                    Some(Kind::Text(..))
                ) || matches!(values.value(first.range.clone()), Value::Text { .. })
            });
            if is_column || given.is_empty() {
                chain.calls.extend(translated(
                    values,
                    self.language,
                    name,
                    &given,
                    self.place(at),
                ));
            }
        }
    }
}
