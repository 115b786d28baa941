//! Takes a text of SQL apart into statements that Postgres' parser can be given.
//!
//! Placeholders of tools are replaced by `$1`, padded to their length, so that every offset stays.

use std::ops::Range;

/// A statement longer than this is data.
const LONGEST: usize = 200_000;

/// Parentheses deeper than this are of no query.
const DEEPEST: usize = 150;

/// Operators and words that may nest one level each: to read a statement goes that deep on the stack.
const BUSIEST: usize = 4_000;

/// A statement of a text.
pub(super) struct Piece {
    /// Where it stands in the text.
    pub(super) range: Range<usize>,
    /// Why it is not for the parser.
    pub(super) refused: Option<&'static str>,
}

/// A text with its placeholders replaced, of the same length, and its statements.
pub(super) fn pieces(text: &str) -> (String, Vec<Piece>) {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        out: text.as_bytes().to_vec(),
        start: 0,
        depth: 0,
        deepest: 0,
        busy: 0,
        pieces: Vec::new(),
    };
    scanner.run();
    let rewritten = String::from_utf8(scanner.out).unwrap_or_else(|_| text.to_owned());
    (rewritten, scanner.pieces)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    out: Vec<u8>,
    start: usize,
    depth: usize,
    deepest: usize,
    busy: usize,
    pieces: Vec<Piece>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn before(&self) -> u8 {
        self.at
            .checked_sub(1)
            .and_then(|at| self.bytes.get(at))
            .copied()
            .unwrap_or(b' ')
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'-' if self.peek(1) == b'-' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_comment(),
                b'\'' => {
                    let is_escaped = matches!(self.before(), b'e' | b'E')
                        && !self
                            .at
                            .checked_sub(2)
                            .is_some_and(|at| is_word(self.bytes[at]));
                    self.skip_quoted(b'\'', is_escaped);
                }
                b'"' => self.skip_quoted(b'"', false),
                b'$' if !is_word(self.before()) => self.dollar(),
                b';' if self.depth == 0 => {
                    self.end();
                    self.at += 1;
                    self.start = self.at;
                }
                b'(' | b'[' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                    self.busy += 1;
                    self.at += 1;
                }
                b')' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
                b':' | b'@' | b'%' | b'#' => self.placeholder(),
                byte if is_word(byte) => self.word(),
                byte => {
                    self.busy += usize::from(b"+-*/<>=~!&|^?.".contains(&byte));
                    self.at += 1;
                }
            }
        }
        self.end();
    }

    fn end(&mut self) {
        let range = self.start..self.at.min(self.bytes.len());
        let refused = if range.len() > LONGEST || self.busy > BUSIEST {
            Some("the statement is too long")
        } else if self.deepest > DEEPEST {
            Some("the statement is nested too deeply")
        } else {
            None
        };
        self.pieces.push(Piece { range, refused });
        (self.depth, self.deepest, self.busy) = (0, 0, 0);
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
    }

    fn skip_quoted(&mut self, quote: u8, is_escaped: bool) {
        self.at += 1;
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            self.at += if is_escaped && byte == b'\\' { 2 } else { 1 };
            if byte == quote {
                return;
            }
        }
        self.at = self.bytes.len();
    }

    /// `$1`, or a text between two tags such as `$body$`.
    fn dollar(&mut self) {
        let mut end = self.at + 1;
        while end < self.bytes.len() && is_word(self.bytes[end]) {
            end += 1;
        }
        let is_number = self.peek(1).is_ascii_digit();
        if is_number || self.bytes.get(end) != Some(&b'$') {
            // `$name` of some tools.
            if !is_number && end > self.at + 1 {
                self.replace(end);
            }
            self.at = end;
            return;
        }
        let tag = &self.bytes[self.at..=end];
        let rest = &self.bytes[end + 1..];
        self.at = rest
            .windows(tag.len())
            .position(|window| window == tag)
            .map_or(self.bytes.len(), |found| end + 1 + found + tag.len());
    }

    /// `:name`, `@name`, `%(name)s`, `%s`, `#{name}`.
    fn placeholder(&mut self) {
        let (first, second) = (self.peek(0), self.peek(1));
        let mut end = self.at + 1;
        let is_start = !is_word(self.before()) && !b":@%#<>=~!&|".contains(&self.before())
            || self.before() == b'=';
        if first == b':' && second == b':' {
            self.busy += 1;
            self.at += 2;
            return;
        }
        if (first == b':' || first == b'@')
            && is_start
            && (second.is_ascii_alphabetic() || second == b'_')
        {
            while end < self.bytes.len() && is_word(self.bytes[end]) {
                end += 1;
            }
            self.replace(end);
        } else if first == b'%' && second == b'(' && is_start {
            while end < self.bytes.len() && is_plain(self.bytes[end]) {
                end += 1;
            }
            if self.bytes.get(end) == Some(&b')') && self.bytes.get(end + 1) == Some(&b's') {
                self.replace(end + 2);
                end += 2;
            } else {
                end = self.at + 1;
            }
        } else if first == b'%' && second == b's' && is_start && !is_word(self.peek(2)) {
            self.replace(self.at + 2);
            end = self.at + 2;
        } else {
            self.busy += 1;
        }
        self.at = end;
    }

    /// Puts `$1` where a placeholder of two or more bytes stands.
    fn replace(&mut self, end: usize) {
        if end < self.at + 2 {
            return;
        }
        self.out[self.at..end].fill(b' ');
        self.out[self.at] = b'$';
        self.out[self.at + 1] = b'1';
    }

    fn word(&mut self) {
        let start = self.at;
        while self.at < self.bytes.len() && is_word(self.bytes[self.at]) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        let may_nest = [
            "not",
            "union",
            "except",
            "intersect",
            "case",
            "collate",
            "join",
            "at",
            "is",
            "and",
            "or",
        ]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        self.busy += usize::from(may_nest);
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

const fn is_plain(byte: u8) -> bool {
    byte == b'(' || byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}
