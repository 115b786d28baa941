//! Words, texts and signs of Dart, Swift and Kotlin: what their literals and comments need, and no more.

use std::ops::Range;

use crate::usage::code::Place;

/// The languages that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Dart,
    Swift,
    Kotlin,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Plain(String),
    /// What stands in a hole: names with dots between, or nothing that is only names.
    Hole(Option<Vec<String>>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Word(String),
    Number(String),
    /// A text: its parts, and whether it stands in the file as it is.
    Text(Vec<Part>, bool),
    Sign(char),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Place,
    /// Whether a line ends before it.
    pub(super) begins_line: bool,
}

/// The tokens of a text, and for each bracket the index of its partner.
pub(super) struct Tokens {
    pub(super) all: Vec<Token>,
    partner: Vec<Option<usize>>,
}

/// The most tokens that a file may have.
const MOST: usize = 500_000;

impl Tokens {
    /// None for a text that is too long to be a program that somebody wrote.
    pub(super) fn new(text: &str, language: Language) -> Option<Self> {
        let mut lexer = Lexer {
            letters: text.chars().collect(),
            at: 0,
            place: Place { line: 1, column: 1 },
            language,
            all: Vec::new(),
            begins_line: true,
        };
        lexer.run()?;
        let all = lexer.all;
        let mut partner = vec![None; all.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, token) in all.iter().enumerate() {
            match token.kind {
                Kind::Sign('(' | '[' | '{') => open.push(at),
                Kind::Sign(close @ (')' | ']' | '}')) => {
                    // What does not match is left alone, so that one slip does not spoil the rest.
                    if let Some(start) = open.last().copied()
                        && all[start].kind == Kind::Sign(opener(close))
                    {
                        open.pop();
                        partner[start] = Some(at);
                        partner[at] = Some(start);
                    }
                }
                _ => {}
            }
        }
        Some(Self { all, partner })
    }

    pub(super) fn is(&self, at: usize, sign: char) -> bool {
        matches!(self.all.get(at), Some(Token { kind: Kind::Sign(found), .. }) if *found == sign)
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        match self.all.get(at) {
            Some(Token {
                kind: Kind::Word(word),
                ..
            }) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        self.word(at) == Some(word)
    }

    /// What stands between a bracket and its partner.
    pub(super) fn inside(&self, at: usize) -> Option<Range<usize>> {
        let end = (*self.partner.get(at)?)?;
        (end > at).then_some(at + 1..end)
    }

    pub(super) fn partner(&self, at: usize) -> Option<usize> {
        *self.partner.get(at)?
    }

    /// A range split at commas that are in no brackets.
    pub(super) fn split(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        let mut at = range.start;
        while at < range.end {
            if self.is(at, ',') {
                parts.push(start..at);
                start = at + 1;
            }
            at = match self.partner(at) {
                Some(end) if end > at => end + 1,
                _ => at + 1,
            };
        }
        if start < range.end {
            parts.push(start..range.end);
        }
        parts
    }
}

const fn opener(close: char) -> char {
    match close {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

struct Lexer {
    letters: Vec<char>,
    at: usize,
    place: Place,
    language: Language,
    all: Vec<Token>,
    begins_line: bool,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.letters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn step(&mut self) {
        if self.at >= self.letters.len() {
            return;
        }
        if self.peek(0) == '\n' {
            self.place.line += 1;
            self.place.column = 1;
            self.begins_line = true;
        } else {
            self.place.column += 1;
        }
        self.at += 1;
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.step();
        }
    }

    fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, letter)| self.peek(ahead) == letter)
    }

    fn push(&mut self, kind: Kind, place: Place) {
        let begins_line = std::mem::take(&mut self.begins_line);
        self.all.push(Token {
            kind,
            place,
            begins_line,
        });
    }

    fn run(&mut self) -> Option<()> {
        while self.at < self.letters.len() {
            if self.all.len() > MOST {
                return None;
            }
            let letter = self.peek(0);
            if letter.is_whitespace() {
                self.step();
            } else if self.starts("//") {
                while self.at < self.letters.len() && self.peek(0) != '\n' {
                    self.step();
                }
            } else if self.starts("/*") {
                self.comment();
            } else if let Some((hashes, quotes, quote, is_raw)) = self.text_start() {
                self.text(hashes, quotes, quote, is_raw);
            } else if letter.is_ascii_digit() {
                self.number();
            } else if letter.is_alphabetic() || letter == '_' || letter == '$' || letter == '`' {
                self.name();
            } else if letter == '\'' && self.language == Language::Kotlin {
                // One letter: what is in it opens nothing.
                self.skip(if self.peek(1) == '\\' { 4 } else { 3 });
            } else {
                let place = self.place;
                self.step();
                self.push(Kind::Sign(letter), place);
            }
        }
        Some(())
    }

    /// Comments are nested in all three languages.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.letters.len() {
            if self.starts("/*") {
                depth += 1;
                self.skip(2);
            } else if self.starts("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.step();
            }
        }
    }

    /// How a text begins here: `#` signs of Swift, how many quotes, which, and whether nothing in it is escaped.
    fn text_start(&self) -> Option<(usize, usize, char, bool)> {
        let mut ahead = 0;
        let mut is_raw = false;
        if self.language == Language::Swift {
            while self.peek(ahead) == '#' {
                ahead += 1;
            }
        } else if self.language == Language::Dart
            && self.peek(0) == 'r'
            && matches!(self.peek(1), '"' | '\'')
        {
            ahead = 1;
            is_raw = true;
        }
        let quote = self.peek(ahead);
        let is_quote = quote == '"' || (quote == '\'' && self.language == Language::Dart);
        if !is_quote {
            return None;
        }
        let is_tripled = self.peek(ahead + 1) == quote && self.peek(ahead + 2) == quote;
        let is_long_kotlin = self.language == Language::Kotlin && is_tripled;
        let hashes = if self.language == Language::Swift {
            ahead
        } else {
            0
        };
        Some((
            hashes,
            if is_tripled { 3 } else { 1 },
            quote,
            is_raw || is_long_kotlin,
        ))
    }

    fn text(&mut self, hashes: usize, quotes: usize, quote: char, is_raw: bool) {
        let has_prefix = is_raw && self.peek(0) == 'r';
        self.skip(hashes + quotes + usize::from(has_prefix));
        let place = self.place;
        let closing: String = std::iter::repeat_n(quote, quotes)
            .chain(std::iter::repeat_n('#', hashes))
            .collect();
        let escape: String = std::iter::once('\\')
            .chain(std::iter::repeat_n('#', hashes))
            .collect();
        let mut parts: Vec<Part> = Vec::new();
        let mut held = String::new();
        let mut is_verbatim = true;
        while self.at < self.letters.len() && !self.starts(&closing) {
            if quotes == 1 && self.peek(0) == '\n' {
                break;
            }
            let hole = match self.language {
                Language::Swift
                    if self.starts(&escape) && self.peek(escape.chars().count()) == '(' =>
                {
                    Some(escape.chars().count())
                }
                Language::Dart | Language::Kotlin if self.peek(0) == '$' && !has_prefix => Some(1),
                _ => None,
            };
            if let Some(ahead) = hole {
                let opens = self.peek(ahead);
                if opens == '(' || opens == '{' || opens.is_alphabetic() || opens == '_' {
                    parts.push(Part::Plain(std::mem::take(&mut held)));
                    self.skip(ahead);
                    parts.push(Part::Hole(self.hole(opens)));
                    is_verbatim = false;
                    continue;
                }
            }
            if self.starts(&escape) && !is_raw {
                is_verbatim = false;
                self.skip(escape.chars().count());
                held.push(match self.peek(0) {
                    'n' => '\n',
                    't' => '\t',
                    letter => letter,
                });
                self.step();
                continue;
            }
            held.push(self.peek(0));
            self.step();
        }
        let begins_line = self.begins_line;
        self.skip(closing.len());
        self.begins_line = begins_line;
        parts.push(Part::Plain(held));
        self.push(Kind::Text(parts, is_verbatim), place);
    }

    /// What is in a hole of a text, if it is a name.
    fn hole(&mut self, opens: char) -> Option<Vec<String>> {
        let start = self.at;
        if opens != '(' && opens != '{' {
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.step();
            }
            return Some(vec![self.letters[start..self.at].iter().collect()]);
        }
        let close = if opens == '(' { ')' } else { '}' };
        let mut depth = 0_usize;
        while self.at < self.letters.len() {
            let letter = self.peek(0);
            depth += usize::from(letter == opens);
            self.step();
            if letter == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
        let end = self
            .at
            .saturating_sub(1)
            .max(start + 1)
            .min(self.letters.len());
        let inner: String = self.letters.get(start + 1..end)?.iter().collect();
        let names: Vec<String> = inner.trim().split('.').map(str::to_owned).collect();
        let is_name = |name: &String| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || letter == '_')
        };
        names.iter().all(is_name).then_some(names)
    }

    fn number(&mut self) {
        let (start, place) = (self.at, self.place);
        while self.peek(0).is_alphanumeric()
            || self.peek(0) == '_'
            || (self.peek(0) == '.' && self.peek(1).is_ascii_digit())
        {
            self.step();
        }
        let number: String = self.letters[start..self.at].iter().collect();
        self.push(Kind::Number(number), place);
    }

    fn name(&mut self) {
        let place = self.place;
        let is_quoted = self.peek(0) == '`';
        if is_quoted {
            self.step();
        }
        let start = self.at;
        while self.peek(0).is_alphanumeric()
            || self.peek(0) == '_'
            || (self.peek(0) == '$' && !is_quoted)
        {
            self.step();
        }
        let name: String = self.letters[start..self.at].iter().collect();
        if is_quoted && self.peek(0) == '`' {
            self.step();
        }
        self.push(Kind::Word(name), place);
    }
}
