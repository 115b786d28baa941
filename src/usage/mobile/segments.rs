//! Takes what follows a word apart: names, calls and brackets.

use std::ops::Range;

use super::chains::{Finder, LONGEST};
use super::lexer::{Kind, Language};

/// What follows a name in a chain.
pub(super) enum Step {
    Member,
    /// Arguments, and the block that stands behind them.
    Call(Range<usize>, Option<Range<usize>>),
    Index(Range<usize>),
}

pub(super) struct Segment {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) step: Step,
}

impl Finder<'_> {
    /// The names, calls and brackets that follow one another from a word on.
    pub(super) fn segments(&self, start: usize) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut at = start;
        while segments.len() < LONGEST {
            let Some(name) = self.tokens.word(at) else {
                break;
            };
            let name = name.to_owned();
            let name_at = at;
            at += 1;
            at = self.after_types(at);
            let mut step = Step::Member;
            if self.tokens.is(at, '(')
                && let Some(inner) = self.tokens.inside(at)
            {
                at = inner.end + 1;
                let body = self.body(at);
                at = body.as_ref().map_or(at, |body| body.end + 1);
                step = Step::Call(inner, body);
            } else if segments.len() > 1
                && let Some(body) = self.body(at)
            {
                at = body.end + 1;
                step = Step::Call(body.start..body.start, Some(body));
            }
            segments.push(Segment {
                name,
                at: name_at,
                step,
            });
            at = self.marks(at);
            while self.tokens.is(at, '[')
                && !self.tokens.all[at].begins_line
                && let Some(inner) = self.tokens.inside(at)
            {
                segments.push(Segment {
                    name: String::new(),
                    at,
                    step: Step::Index(inner.clone()),
                });
                at = self.marks(inner.end + 1);
            }
            if !self.tokens.is(at, '.') {
                break;
            }
            at += 1;
            // A cascade of Dart: `..`.
            at += usize::from(self.tokens.is(at, '.'));
        }
        segments
    }

    /// Behind `!` and `?` that stand before a dot or bracket.
    fn marks(&self, at: usize) -> usize {
        let mut next = at;
        while self.tokens.is(next, '!') || self.tokens.is(next, '?') {
            next += 1;
        }
        if next > at && (self.tokens.is(next, '.') || self.tokens.is(next, '[')) {
            next
        } else {
            at
        }
    }

    /// Behind the types of a call: `rpc<List<Map>>(`.
    fn after_types(&self, at: usize) -> usize {
        if !self.tokens.is(at, '<') {
            return at;
        }
        let mut depth = 0_i32;
        for next in at..(at + 40).min(self.tokens.all.len()) {
            match &self.tokens.all[next].kind {
                Kind::Sign('<') => depth += 1,
                Kind::Sign('>') => depth -= 1,
                Kind::Word(_) | Kind::Sign(',' | '.' | '?' | '[' | ']' | ':') => {}
                _ => return at,
            }
            if depth == 0 {
                return if self.tokens.is(next + 1, '(') {
                    next + 1
                } else {
                    at
                };
            }
        }
        at
    }

    /// The block behind a call in Kotlin.
    fn body(&self, at: usize) -> Option<Range<usize>> {
        let is_body = self.language == Language::Kotlin
            && self.tokens.is(at, '{')
            && !self.tokens.all[at].begins_line;
        is_body.then(|| self.tokens.inside(at)).flatten()
    }
}
