//! What an argument holds, as far as its text and constants tell.

use std::ops::Range;
use std::sync::Arc;

use super::Program;
use super::lexer::{Kind, Language, Part, Tokens};
use crate::usage::code::{At, HOLE, Place, Value};

/// How far constants refer to constants, and values are nested.
const DEEPEST: usize = 24;

/// The longest text that is put together.
const LONGEST: usize = 50_000;

/// An argument with its name, if it has one.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) label: Option<String>,
    pub(super) range: Range<usize>,
}

/// Looks at values of one file.
#[derive(Clone, Copy)]
pub(super) struct Values<'p> {
    pub(super) program: &'p Program,
    pub(super) file: usize,
    depth: usize,
}

impl<'p> Values<'p> {
    pub(super) const fn new(program: &'p Program, file: usize) -> Self {
        Self {
            program,
            file,
            depth: 0,
        }
    }

    pub(super) fn tokens(self) -> &'p Tokens {
        &self.program.files[self.file].tokens
    }

    pub(super) fn language(self) -> Language {
        self.program.files[self.file].language
    }

    pub(super) const fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    pub(super) fn place(self, at: usize) -> Place {
        self.tokens()
            .all
            .get(at)
            .map_or(Place { line: 1, column: 1 }, |token| token.place)
    }

    /// The arguments between brackets: `name: value`, or `name = value` in Kotlin.
    pub(super) fn arguments(self, range: Range<usize>) -> Vec<Argument> {
        let tokens = self.tokens();
        let sign = if self.language() == Language::Kotlin {
            '='
        } else {
            ':'
        };
        tokens
            .split(range)
            .into_iter()
            .map(|part| {
                let label = tokens.word(part.start).filter(|_| {
                    tokens.is(part.start + 1, sign)
                        && !tokens.is(part.start + 2, sign)
                        && part.start + 1 < part.end
                });
                match label {
                    Some(label) => Argument {
                        label: Some(label.to_owned()),
                        range: part.start + 2..part.end,
                    },
                    None => Argument {
                        label: None,
                        range: part,
                    },
                }
            })
            .collect()
    }

    pub(super) fn at(self, range: Range<usize>) -> At {
        let place = self.place(range.start);
        At {
            value: self.value(range),
            place,
        }
    }

    pub(super) fn value(self, range: Range<usize>) -> Value {
        if self.depth > DEEPEST {
            return Value::Unknown;
        }
        let tokens = self.tokens();
        let Some(range) = self.bare(range) else {
            return Value::Unknown;
        };
        let first = &tokens.all[range.start];
        let is_alone = range.len() == 1;
        let is_bracketed = tokens
            .inside(range.start)
            .is_some_and(|inner| inner.end + 1 == range.end);
        match &first.kind {
            Kind::Text(..) => self.text(range),
            Kind::Number(number) if is_alone => Value::Number(number.as_str().into()),
            Kind::Sign('-') if range.len() == 2 => match &tokens.all[range.start + 1].kind {
                Kind::Number(number) => Value::Number(format!("-{number}").into()),
                _ => Value::Unknown,
            },
            Kind::Sign('[') if is_bracketed => self.list_or_map(range.start + 1..range.end - 1),
            Kind::Sign('{') if is_bracketed && self.language() == Language::Dart => {
                self.map(range.start + 1..range.end - 1)
            }
            // `update({ set("a", 1) })`.
            Kind::Sign('{') if is_bracketed && self.language() == Language::Kotlin => {
                self.puts(range.start + 1..range.end - 1)
            }
            Kind::Sign('.') if self.language() == Language::Swift => {
                self.named(range.start + 1..range.end, true)
            }
            Kind::Word(word) if is_alone && word == "true" => Value::Bool(true),
            Kind::Word(word) if is_alone && word == "false" => Value::Bool(false),
            Kind::Word(word) if is_alone && (word == "null" || word == "nil") => Value::Null,
            Kind::Word(_) => match self.language() {
                Language::Kotlin => self
                    .built(range.clone())
                    .unwrap_or_else(|| self.named(range, false)),
                Language::Dart | Language::Swift => self.named(range, false),
            },
            _ => Value::Unknown,
        }
    }

    /// Without words and types that change nothing; none where nothing is left.
    fn bare(self, mut range: Range<usize>) -> Option<Range<usize>> {
        let tokens = self.tokens();
        while matches!(tokens.word(range.start), Some("const" | "await" | "try")) && range.len() > 1
        {
            range.start += 1;
        }
        if tokens.is(range.start, '<') {
            // The types of a Dart literal: `<String, dynamic>{…}`.
            let open = range
                .clone()
                .find(|at| tokens.is(*at, '{') || tokens.is(*at, '['))?;
            if !tokens.is(open.wrapping_sub(1), '>') {
                return None;
            }
            range.start = open;
        }
        if let Some(cast) = range.clone().find(|at| tokens.is_word(*at, "as"))
            && tokens.all[range.start..cast]
                .iter()
                .all(|token| !matches!(token.kind, Kind::Sign('(' | '[' | '{')))
        {
            range.end = cast;
        }
        (!range.is_empty() && range.start < tokens.all.len()).then_some(range)
    }

    /// Texts side by side or added up, with what is cut off their margin.
    fn text(self, range: Range<usize>) -> Value {
        let tokens = self.tokens();
        let mut text = String::new();
        let mut count = 0;
        let mut verbatim = true;
        let mut at = range.start;
        while at < range.end {
            match &tokens.all[at].kind {
                Kind::Text(parts, is_verbatim) => {
                    verbatim &= is_verbatim;
                    count += 1;
                    for part in parts {
                        text.push_str(&self.part(part));
                    }
                    at += 1;
                }
                Kind::Sign('+') => at += 1,
                Kind::Sign('.')
                    if matches!(
                        tokens.word(at + 1),
                        Some("trimIndent" | "trimMargin" | "trim")
                    ) =>
                {
                    match tokens.inside(at + 2) {
                        Some(inner) => at = inner.end + 1,
                        None => return Value::Unknown,
                    }
                }
                Kind::Word(_) if tokens.is(at.wrapping_sub(1), '+') => {
                    let end = (at..range.end)
                        .find(|at| tokens.is(*at, '+'))
                        .unwrap_or(range.end);
                    let Value::Text { text: more, .. } = self.deeper().value(at..end) else {
                        return Value::Unknown;
                    };
                    text.push_str(&more);
                    count += 1;
                    at = end;
                }
                _ => return Value::Unknown,
            }
            if text.len() > LONGEST {
                return Value::Unknown;
            }
        }
        if text.contains(HOLE) {
            return Value::Mold(text.into());
        }
        Value::Text {
            text: text.into(),
            is_verbatim: verbatim && count == 1,
        }
    }

    fn part(self, part: &Part) -> String {
        let unknown = || HOLE.to_string();
        match part {
            Part::Plain(text) => text.clone(),
            Part::Hole(None) => unknown(),
            Part::Hole(Some(names)) => match self.constant(names, false) {
                Value::Text { text, .. } | Value::Mold(text) => text.to_string(),
                _ => unknown(),
            },
        }
    }

    /// `Tables.users`, `Table.users.rawValue`.
    fn named(self, range: Range<usize>, is_implicit: bool) -> Value {
        let tokens = self.tokens();
        let mut path = Vec::new();
        for (steps, at) in range.clone().enumerate() {
            match (steps % 2, tokens.word(at)) {
                (0, Some(word)) => path.push(word.to_owned()),
                (1, None) if tokens.is(at, '.') => {}
                // `Table.users.name + "…"` and all else.
                _ => return Value::Unknown,
            }
        }
        self.constant(&path, is_implicit)
    }

    fn constant(self, path: &[String], is_implicit: bool) -> Value {
        if self.depth > DEEPEST
            || path.is_empty()
            || (path.len() == 1 && self.is_declared_again(&path[0]))
        {
            return Value::Unknown;
        }
        if is_implicit {
            return self.implicit(&path[0]);
        }
        let found = self.one_of_all(path);
        if found != Value::Unknown || path.len() < 2 {
            return found;
        }
        // The last name may be a property of the case of an enum.
        self.one_of_all(&path[..path.len() - 1])
    }

    /// The case of an enum whose type the call knows: `.from(.users)`.
    fn implicit(self, name: &str) -> Value {
        let all = self.program.constants.cases(name);
        self.agreed(all.into_iter())
    }

    fn one_of_all(self, path: &[String]) -> Value {
        self.agreed(self.program.constants.find(self.file, path).into_iter())
    }

    /// The value of constants of one name when they all have the same.
    fn agreed<'c>(self, constants: impl Iterator<Item = &'c super::constants::Constant>) -> Value {
        let mut agreed: Option<Value> = None;
        for constant in constants.take(12) {
            let there = Values {
                file: constant.file,
                ..self.deeper()
            };
            let value = match &constant.own_name {
                Some(name) => plain(name.as_str()),
                None => there.value(constant.value.clone()),
            };
            let value = match value {
                Value::Text { text, .. } => plain(text),
                value @ (Value::Mold(_) | Value::Number(_) | Value::Bool(_)) => value,
                // What is filled in later may hold more.
                Value::Fields { fields, .. } if constant.file == self.file => Value::Fields {
                    fields,
                    is_whole: self.language() == Language::Swift,
                },
                Value::List { items, .. } if constant.file == self.file => Value::List {
                    items,
                    is_whole: false,
                },
                _ => return Value::Unknown,
            };
            match &agreed {
                Some(known) if *known != value => return Value::Unknown,
                _ => agreed = Some(value),
            }
        }
        agreed.unwrap_or(Value::Unknown)
    }

    /// Whether a name is declared more than once in the file, be it as a parameter: then it is nobody's.
    fn is_declared_again(self, name: &str) -> bool {
        self.program.files[self.file].repeated.contains(name)
    }
}

/// A text that does not stand in the file as it is.
pub(super) fn plain(text: impl Into<Arc<str>>) -> Value {
    Value::Text {
        text: text.into(),
        is_verbatim: false,
    }
}
