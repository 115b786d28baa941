//! Reads Python: what it says through supabase-py.
//!
//! Values are followed through names, classes and functions, and between files through imports. What does not
//! follow from the text stays unknown.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_ast::ModModule;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_parser::{Parsed, parse_module};

use super::code::{File, Skipped};
use super::files::Source;

mod arguments;
mod assign;
mod attributes;
mod branches;
mod call;
mod clues;
mod collections;
mod eval;
mod follow;
mod literals;
mod members;
mod methods;
mod names;
mod project;
mod queries;
mod reader;
mod said;
mod thing;
mod types;

/// A longer file is data.
const LONGEST: usize = 2_000_000;

/// Expressions nested deeper than this are of no program.
const DEEPEST: usize = 1_000;

/// Reading goes down into expressions as deep as they are nested.
const STACK: usize = 256 << 20;

/// Reads files, each for itself but for what it imports from the others.
///
/// # Panics
/// When no thread can be started.
pub fn read(sources: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let reading = thread.spawn_scoped(scope, || read_all(sources));
        match reading.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(_)) | Err(_) => {
                let all = sources
                    .iter()
                    .map(|source| skipped(source, "it could not be read".to_owned()));
                (Vec::new(), all.collect())
            }
        }
    })
}

fn skipped(source: &Source, why: String) -> Skipped {
    Skipped {
        path: source.path.clone(),
        why,
        is_fault: true,
    }
}

fn read_all(sources: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    let mut faults = Vec::new();
    let mut parsed: Vec<(&Source, Parsed<ModModule>)> = Vec::new();
    for source in sources {
        match catch_unwind(AssertUnwindSafe(|| parse(&source.text))) {
            Ok(Ok(module)) => parsed.push((source, module)),
            Ok(Err(why)) => faults.push(skipped(source, why)),
            Err(_) => faults.push(skipped(source, "the parser gave up".to_owned())),
        }
    }
    let modules = parsed
        .iter()
        .map(|(source, module)| project::Module::new(&source.path, &source.text, module.suite()));
    let project = project::Project::new(modules.collect());
    let mut said = Vec::new();
    let mut followed = BTreeSet::new();
    for (at, (source, _)) in parsed.iter().enumerate() {
        if !may_speak(&source.text) {
            continue;
        }
        let read = AssertUnwindSafe(|| reader::Reader::new(&project, at).read());
        match catch_unwind(read) {
            Ok(mut one) => {
                followed.append(&mut one.followed);
                said.push((&source.path, one));
            }
            Err(_) => faults.push(skipped(source, "it could not be read".to_owned())),
        }
    }
    let files = said.into_iter().map(|(path, mut said)| File {
        path: path.clone(),
        queries: std::mem::take(&mut said.queries),
        chains: said.chains(&followed),
        ..File::default()
    });
    let files = files
        .filter(|file| !file.chains.is_empty() || !file.queries.is_empty())
        .collect();
    faults.sort();
    (files, faults)
}

/// Whether a text has any call that a chain could begin or go on with.
fn may_speak(text: &str) -> bool {
    [
        "table", "from_", ".rpc", ".schema", ".storage", ".channel", ".select", ".insert",
        ".update", ".delete", ".execute", ".fetch", "text(",
    ]
    .iter()
    .any(|word| text.contains(word))
}

fn parse(text: &str) -> Result<Parsed<ModModule>, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let parsed = parse_module(text).map_err(|error| {
        let line = text
            .get(..error.location.start().to_usize())
            .map_or(1, |before| before.matches('\n').count() + 1);
        format!("line {line}: {}", error.error)
    })?;
    let mut depth = Depth {
        now: 0,
        is_too_deep: false,
    };
    depth.visit_body(parsed.suite());
    if depth.is_too_deep {
        // To take it down again goes as deep: rather leave it to the end of the program.
        std::mem::forget(parsed);
        return Err("it is nested too deeply".to_owned());
    }
    Ok(parsed)
}

struct Depth {
    now: usize,
    is_too_deep: bool,
}

impl<'a> Visitor<'a> for Depth {
    fn visit_expr(&mut self, expr: &'a ruff_python_ast::Expr) {
        if self.now >= DEEPEST {
            self.is_too_deep = true;
        }
        if self.is_too_deep {
            return;
        }
        self.now += 1;
        walk_expr(self, expr);
        self.now -= 1;
    }
}
