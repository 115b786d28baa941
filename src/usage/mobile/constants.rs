//! Names that stand for texts, in one file and between files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::lexer::{Kind, Language, Tokens};

/// A text or value that a name stands for, not looked at yet.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub(super) file: usize,
    /// The types it is declared in and its name.
    pub(super) path: Vec<String>,
    pub(super) value: Range<usize>,
    /// For the case of an enum without a value: its own name.
    pub(super) own_name: Option<String>,
    pub(super) is_case: bool,
}

/// The declarations of all files by their last name.
#[derive(Default)]
pub(super) struct Constants {
    by_name: BTreeMap<String, Vec<Constant>>,
}

impl Constants {
    pub(super) fn add_all(&mut self, file: usize, tokens: &Tokens, language: Language) {
        let mut scan = Scan {
            file,
            tokens,
            language,
            found: Vec::new(),
        };
        scan.block(0..tokens.all.len(), &mut Vec::new(), false, 0);
        for constant in scan.found {
            let name = constant.path.last().cloned().unwrap_or_default();
            self.by_name.entry(name).or_default().push(constant);
        }
    }

    /// What a path of names stands for as seen from a file: everything it may mean there.
    pub(super) fn find(&self, file: usize, path: &[String]) -> Vec<&Constant> {
        let Some(last) = path.last() else {
            return Vec::new();
        };
        let all = self
            .by_name
            .get(last)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_own = path.len() == 1
            || (path.len() == 2 && matches!(&*path[0], "Self" | "self" | "this" | "companion"));
        let own: Vec<&Constant> = all
            .iter()
            .filter(|constant| constant.file == file && (is_own || constant.path.ends_with(path)))
            .collect();
        if !own.is_empty() {
            return own;
        }
        all.iter()
            .filter(|constant| {
                constant.path.ends_with(path) && (path.len() > 1 || constant.path.len() == 1)
            })
            .collect()
    }

    /// The cases of enums that have this name, in all files.
    pub(super) fn cases(&self, name: &str) -> Vec<&Constant> {
        let all = self
            .by_name
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        all.iter()
            .filter(|constant| constant.path.len() > 1 && constant.is_case)
            .collect()
    }
}

struct Scan<'t> {
    file: usize,
    tokens: &'t Tokens,
    language: Language,
    found: Vec<Constant>,
}

impl Scan<'_> {
    /// The declarations of a block; those of functions count for the file only where nothing else has their name.
    fn block(&mut self, range: Range<usize>, path: &mut Vec<String>, is_enum: bool, depth: usize) {
        if depth > 30 {
            return;
        }
        let mut at = range.start;
        if is_enum && self.language != Language::Swift {
            at = self.members(range.clone(), path);
        }
        while at < range.end {
            if let Some((name, body, is_enum)) = self.container(at, range.end) {
                let named = name.is_some();
                path.extend(name);
                self.block(body.clone(), path, is_enum, depth + 1);
                if named {
                    path.pop();
                }
                at = body.end + 1;
                continue;
            }
            if is_enum && self.language == Language::Swift && self.tokens.is_word(at, "case") {
                at = self.cases(at + 1, range.end, path);
                continue;
            }
            at = match self.declaration(at, range.end, path) {
                Some(end) => end,
                None => match self.tokens.inside(at) {
                    Some(inner) if self.tokens.is(at, '{') => {
                        self.block(inner.clone(), path, false, depth + 1);
                        inner.end + 1
                    }
                    Some(inner) => inner.end + 1,
                    None => at + 1,
                },
            };
        }
    }

    /// `class Name … {`: its name, its body, and whether it is an enum.
    fn container(&self, at: usize, end: usize) -> Option<(Option<String>, Range<usize>, bool)> {
        let word = self.tokens.word(at)?;
        let is_container = matches!(
            word,
            "class"
                | "struct"
                | "enum"
                | "object"
                | "extension"
                | "mixin"
                | "interface"
                | "actor"
                | "companion"
        );
        if !is_container || self.tokens.is(at.wrapping_sub(1), '.') {
            return None;
        }
        let is_companion = word == "companion";
        let mut next = at + 1;
        let mut is_enum = word == "enum";
        while matches!(self.tokens.word(next), Some("class" | "object")) {
            next += 1;
        }
        is_enum |= self.tokens.is_word(at.wrapping_sub(1), "enum");
        let name = self
            .tokens
            .word(next)
            .filter(|_| !is_companion)
            .map(str::to_owned);
        // The body is the first brace; a semicolon or an assignment before it means that there is none.
        for (steps, brace) in (next..end).enumerate() {
            if steps > 80 || self.tokens.is(brace, ';') || self.tokens.is(brace, '}') {
                return None;
            }
            if self.tokens.is(brace, '{') {
                return Some((name, self.tokens.inside(brace)?, is_enum));
            }
        }
        None
    }

    /// `case a, b = "c"` of Swift.
    fn cases(&mut self, start: usize, end: usize, path: &[String]) -> usize {
        let mut at = start;
        while at < end {
            let Some(name) = self.tokens.word(at) else {
                break;
            };
            let name = name.to_owned();
            let mut next = at + 1;
            let value = if self.tokens.is(next, '=') {
                next += 2;
                next - 1..next
            } else {
                next..next
            };
            let own_name = value.is_empty().then(|| name.clone());
            self.push(path, &name, value, own_name);
            if let Some(last) = self.found.last_mut() {
                last.is_case = true;
            }
            if !self.tokens.is(next, ',') {
                return next;
            }
            at = next + 1;
        }
        at.max(start)
    }

    /// `feed('feed'), summary('weekly_summary');`: members with one text.
    fn members(&mut self, range: Range<usize>, path: &[String]) -> usize {
        let mut at = range.start;
        while at < range.end {
            let Some(name) = self.tokens.word(at) else {
                break;
            };
            let name = name.to_owned();
            let mut next = at + 1;
            if self.tokens.is(next, '(')
                && let Some(inner) = self.tokens.inside(next)
            {
                let first = self.tokens.split(inner.clone()).into_iter().next();
                if let Some(first) = first {
                    let value = if self.tokens.is(first.start + 1, '=')
                        || self.tokens.is(first.start + 1, ':')
                    {
                        first.start + 2..first.end
                    } else {
                        first
                    };
                    self.push(path, &name, value, None);
                }
                next = inner.end + 1;
            } else if !(self.tokens.is(next, ',') || self.tokens.is(next, ';') || next == range.end)
            {
                break;
            }
            if !self.tokens.is(next, ',') {
                return next;
            }
            at = next + 1;
        }
        at
    }

    /// `const name = value`, `let name: String = value`, `static const String name = value;`.
    fn declaration(&mut self, at: usize, end: usize, path: &[String]) -> Option<usize> {
        let word = self.tokens.word(at)?;
        let starts = match self.language {
            Language::Dart => matches!(word, "const" | "final"),
            Language::Swift => word == "let",
            Language::Kotlin => word == "val",
        };
        if !starts {
            return None;
        }
        let sign = (at + 1..end.min(at + 24)).find(|next| {
            let ends_line = self.language != Language::Dart && self.tokens.all[*next].begins_line;
            ends_line
                || ['=', ';', '(', ')', '{', '}']
                    .iter()
                    .any(|sign| self.tokens.is(*next, *sign))
        })?;
        if !self.tokens.is(sign, '=')
            || self.tokens.is(sign + 1, '=')
            || self.tokens.is(sign + 1, '>')
        {
            return None;
        }
        let colon = (at + 1..sign).find(|next| self.tokens.is(*next, ':'));
        let name = match self.language {
            Language::Dart => self.tokens.word(sign - 1)?,
            Language::Swift | Language::Kotlin => self.tokens.word(colon.unwrap_or(sign) - 1)?,
        };
        let name = name.to_owned();
        let value = sign + 1..self.value_end(sign + 1, end);
        let next = value.end;
        self.push(path, &name, value, None);
        Some(next.max(sign + 1))
    }

    /// Where the value of a declaration ends: at its semicolon, or before a line that does not go on with it.
    fn value_end(&self, start: usize, end: usize) -> usize {
        let mut at = start;
        while at < end {
            if self.tokens.is(at, ';')
                || (self.language == Language::Dart && self.tokens.is(at, ','))
            {
                break;
            }
            if self.language != Language::Dart && at > start && self.tokens.all[at].begins_line {
                let goes_on = ['.', '+', '?'].iter().any(|sign| self.tokens.is(at, *sign))
                    || self.tokens.is(at - 1, '+')
                    || self.tokens.is(at - 1, '=');
                if !goes_on {
                    break;
                }
            }
            at = match self.tokens.partner(at) {
                Some(close) if close > at => close + 1,
                _ => at + 1,
            };
        }
        at.min(end)
    }

    fn push(&mut self, path: &[String], name: &str, value: Range<usize>, own_name: Option<String>) {
        let mut full = path.to_vec();
        full.push(name.to_owned());
        if let Some(Kind::Sign('(' | '{')) =
            self.tokens.all.get(value.start).map(|token| &token.kind)
            && self.language != Language::Dart
        {
            return;
        }
        self.found.push(Constant {
            file: self.file,
            path: full,
            value,
            own_name,
            is_case: false,
        });
    }
}

/// The names that a file declares more than once, be it as parameters.
pub(super) fn repeated(tokens: &Tokens, language: Language) -> BTreeSet<String> {
    let mut once = BTreeSet::new();
    let mut again = BTreeSet::new();
    for at in 0..tokens.all.len() {
        let Some(name) = tokens.word(at) else {
            continue;
        };
        if tokens.is(at.wrapping_sub(1), '.') || !declares(tokens, language, at) {
            continue;
        }
        if !once.insert(name.to_owned()) {
            again.insert(name.to_owned());
        }
    }
    again
}

/// Whether a name is declared where it stands; rather once too often than to miss one.
fn declares(tokens: &Tokens, language: Language, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tokens.word(at));
    match language {
        Language::Swift | Language::Kotlin => {
            matches!(before, Some("let" | "var" | "val" | "for" | "in" | "case"))
                || tokens.is(at + 1, ':')
        }
        Language::Dart => {
            let is_typed = before
                .is_some_and(|word| !matches!(word, "return" | "await" | "in" | "else" | "case"))
                || tokens.is(at.wrapping_sub(1), '>')
                || tokens.is(at.wrapping_sub(1), '?');
            let ends = ['=', ',', ')', ';', ']', '}']
                .iter()
                .any(|sign| tokens.is(at + 1, *sign));
            is_typed && (ends || tokens.is_word(at + 1, "in"))
        }
    }
}
