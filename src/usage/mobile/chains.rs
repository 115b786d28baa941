//! Finds calls upon clients in the tokens of a file.

use super::Program;
use super::lexer::{Language, Tokens};
use super::methods::{call, is_known, is_verb};
use super::segments::{Segment, Step};
use super::value::Values;
use crate::usage::code::{Certainty, Chain, Place};

/// The most calls of one chain.
pub(super) const LONGEST: usize = 200;

/// A name that stands for a query or table, until its block ends.
struct Variable {
    name: String,
    chain: usize,
    end: usize,
}

pub(super) struct Finder<'p> {
    pub(super) program: &'p Program,
    file: usize,
    pub(super) language: Language,
    pub(super) tokens: &'p Tokens,
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

    pub(super) fn values(&self) -> Values<'p> {
        Values::new(self.program, self.file)
    }

    pub(super) fn place(&self, at: usize) -> Place {
        self.tokens.all[at].place
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
}

fn is_known_step(segment: &Segment) -> bool {
    matches!(segment.step, Step::Call(..)) && (is_known(&segment.name) || segment.name == "stream")
}
