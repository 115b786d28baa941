//! Finds calls upon clients in the tokens of a file.

use std::ops::Range;

use super::Program;
use super::lexer::{Kind, Language, Tokens};
use super::methods::{call, changes, is_known, is_silent, is_verb, translated};
use super::value::{Argument, Values};
use crate::usage::code::{At, Certainty, Chain, Place, Value};

/// The most calls of one chain.
const LONGEST: usize = 200;

/// What follows a name in a chain.
enum Step {
    Member,
    /// Arguments, and the block that stands behind them.
    Call(Range<usize>, Option<Range<usize>>),
    Index(Range<usize>),
}

struct Segment {
    name: String,
    at: usize,
    step: Step,
}

/// A name that stands for a query or table, until its block ends.
struct Variable {
    name: String,
    chain: usize,
    end: usize,
}

pub(super) struct Finder<'p> {
    program: &'p Program,
    file: usize,
    language: Language,
    tokens: &'p Tokens,
    chains: Vec<Chain>,
    /// Of each chain, whether others went on with it.
    is_base: Vec<bool>,
    variables: Vec<Variable>,
    /// Where blocks end that are open, the innermost last.
    open: Vec<usize>,
}

impl<'p> Finder<'p> {
    pub(super) fn new(program: &'p Program, file: usize) -> Self {
        let source = &program.files[file];
        Self {
            program,
            file,
            language: source.language,
            tokens: &source.tokens,
            chains: Vec::new(),
            is_base: Vec::new(),
            variables: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn find(mut self) -> Vec<Chain> {
        let mut at = 0;
        while at < self.tokens.all.len() {
            while self.open.last().is_some_and(|end| *end <= at) {
                self.open.pop();
            }
            if self.tokens.is(at, '{')
                && let Some(end) = self.tokens.partner(at)
            {
                self.open.push(end);
            }
            let is_inner =
                self.tokens.is(at.wrapping_sub(1), '.') || self.tokens.is(at.wrapping_sub(1), '@');
            if self.tokens.word(at).is_some() && !is_inner {
                self.chain_at(at);
            }
            at += 1;
        }
        let is_base = self.is_base;
        let kept = self
            .chains
            .into_iter()
            .zip(is_base)
            .filter(|(_, is_base)| !is_base);
        kept.map(|(chain, _)| chain).collect()
    }

    fn values(&self) -> Values<'p> {
        Values::new(self.program, self.file)
    }

    fn place(&self, at: usize) -> Place {
        self.tokens.all[at].place
    }

    /// The names, calls and brackets that follow one another from a word on.
    fn segments(&self, start: usize) -> Vec<Segment> {
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

    fn chain_at(&mut self, start: usize) {
        let segments = self.segments(start);
        let is_defined = matches!(
            start.checked_sub(1).and_then(|at| self.tokens.word(at)),
            Some("func" | "fun" | "class" | "import" | "package")
        );
        if is_defined {
            return;
        }
        if let Some(chain) = self.further(&segments) {
            self.remember(start, chain);
            return;
        }
        let mut chain = Chain {
            calls: Vec::new(),
            client: self.program.client,
            certainty: Certainty::Likely,
            is_of_storage: false,
        };
        let Some(first) = self.beginning(&segments, &mut chain) else {
            return;
        };
        self.calls(&segments[first..], &mut chain);
        let is_sure = chain.certainty == Certainty::Known
            || chain
                .calls
                .iter()
                .any(|call| is_verb(&call.method) || (&*call.method == "rpc" && self.speaks()));
        let names_something = chain
            .calls
            .iter()
            .any(|call| matches!(&*call.method, "from" | "rpc" | "on"));
        if chain
            .calls
            .first()
            .is_some_and(|first| &*first.method == "on")
        {
            // The channel has a name that says nothing, and often stands elsewhere.
            let place = chain.calls[0].place;
            chain.calls.insert(0, call("channel", Vec::new(), place));
        }
        if names_something && is_sure {
            self.chains.push(chain);
            self.is_base.push(false);
            let at = self.chains.len() - 1;
            self.remember(start, at);
        }
    }

    /// Whether the file is one of a project that has the client at all.
    fn speaks(&self) -> bool {
        self.program.files[self.file].imports
    }

    /// Where the calls begin that matter, and how sure it is that they are a client's.
    fn beginning(&self, segments: &[Segment], chain: &mut Chain) -> Option<usize> {
        let first = segments.iter().position(|segment| self.begins(segment))?;
        let before = &segments[..first];
        let first_name = &segments[first].name;
        let is_listening = matches!(
            &**first_name,
            "onPostgresChanges" | "postgresChange" | "postgresChangeFlow"
        );
        let says_so = |name: &str| {
            name.to_lowercase().contains("supabase") || self.program.clients.contains(name)
        };
        let mut is_known = before.iter().any(|segment| says_so(&segment.name));
        // `ref.read(supabaseProvider)`, `locator<SupabaseClient>()`.
        if let (Some(start), Some(end)) = (before.first(), segments.get(first)) {
            is_known |= (start.at..end.at).any(|at| self.tokens.word(at).is_some_and(says_so));
        }
        if before.is_empty() {
            if matches!(segments[first].step, Step::Member) {
                return None;
            }
            let implied = self.program.files[self.file].extensions.iter();
            let is_inside = implied
                .clone()
                .any(|range| range.contains(&segments[first].at));
            is_known = is_inside;
            if !is_inside && !is_listening {
                return None;
            }
        }
        let is_type = before
            .first()
            .is_some_and(|segment| segment.name.starts_with(char::is_uppercase));
        if is_type && !is_known {
            return None;
        }
        if is_known || (is_listening && self.speaks()) {
            chain.certainty = Certainty::Known;
        } else if !self.speaks() && !matches!(segments[first].step, Step::Call(..)) {
            return None;
        }
        chain.is_of_storage = before.iter().any(|segment| segment.name == "storage");
        Some(first)
    }

    /// Whether a part of a chain leads to a table, a function or a bucket.
    fn begins(&self, segment: &Segment) -> bool {
        match &segment.step {
            Step::Call(..) => matches!(
                &*segment.name,
                "from"
                    | "rpc"
                    | "schema"
                    | "onPostgresChanges"
                    | "postgresChange"
                    | "postgresChangeFlow"
            ),
            Step::Index(inner) => self.tokens.word(segment.at - 1).is_some_and(|word| {
                matches!(word, "postgrest" | "storage")
                    || (word.to_lowercase().contains("supabase") && !inner.is_empty())
            }),
            Step::Member => self.program.getters.contains_key(&segment.name) && self.speaks(),
        }
    }

    /// Goes on with a query or a table that a name stands for.
    fn further(&mut self, segments: &[Segment]) -> Option<usize> {
        let (first, rest) = segments.split_first()?;
        let (first, rest) = match (&*first.name, &first.step) {
            ("this" | "self", Step::Member) => rest.split_first()?,
            (_, Step::Member) => (first, rest),
            _ => return None,
        };
        let next = rest.first()?;
        if !matches!(first.step, Step::Member) || !is_known_step(next) {
            return None;
        }
        let variable = self
            .variables
            .iter()
            .rev()
            .find(|variable| variable.name == first.name && first.at < variable.end)?;
        let at = variable.chain;
        let has_verb = self.chains[at]
            .calls
            .iter()
            .any(|call| is_verb(&call.method) || &*call.method == "rpc");
        let mut chain = self.chains[at].clone();
        self.calls(rest, &mut chain);
        if has_verb {
            self.chains[at] = chain;
            return Some(at);
        }
        self.is_base[at] = true;
        self.chains.push(chain);
        self.is_base.push(false);
        Some(self.chains.len() - 1)
    }

    /// `final query = supabase.from(…)`: the name stands for the chain from here on.
    fn remember(&mut self, start: usize, chain: usize) {
        let mut at = start;
        while matches!(
            at.checked_sub(1).and_then(|at| self.tokens.word(at)),
            Some("await" | "try")
        ) {
            at -= 1;
        }
        let is_assigned = at >= 2 && self.tokens.is(at - 1, '=') && !self.tokens.is(at - 2, '=');
        let Some(name) = at
            .checked_sub(2)
            .and_then(|at| self.tokens.word(at))
            .filter(|_| is_assigned)
        else {
            return;
        };
        let end = self.open.last().copied().unwrap_or(usize::MAX);
        self.variables.push(Variable {
            name: name.to_owned(),
            chain,
            end,
        });
    }

    fn calls(&self, segments: &[Segment], chain: &mut Chain) {
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

fn is_known_step(segment: &Segment) -> bool {
    matches!(segment.step, Step::Call(..)) && (is_known(&segment.name) || segment.name == "stream")
}
