//! Reads SQL: files of queries, and what Rust hands to a driver.

mod collect;
mod expression;
mod pieces;
mod rust;
mod scope;
mod sources;
mod statement;
mod writes;

use std::path::Path;

use pg_query::NodeEnum;

pub use statement::{Column, Function, Name, Reading, Relation, Role, Statement};

use super::code::{File, Place, Query, Skipped};
use super::files::Source;

/// A longer file is a dump.
const LONGEST: usize = 1_000_000;

/// Postgres' parser and what comes of it go down as deep as a statement is nested.
const STACK: usize = 256 << 20;

/// Reads files of SQL and of Rust.
pub fn read(sources: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    let (rust, sql): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .partition(|source| has_ending(&source.path, "rs"));
    for source in sql {
        match file(source) {
            Ok(file) => files.extend(file),
            Err(reason) => skipped.push(reason),
        }
    }
    let (more, failed) = rust::read(&rust);
    files.extend(more);
    skipped.extend(failed);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    skipped.sort();
    (files, skipped)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn file(source: &Source) -> Result<Option<File>, Skipped> {
    let refused = |why: &str, is_fault| Skipped {
        path: source.path.clone(),
        why: why.to_owned(),
        is_fault,
    };
    if source.text.len() > LONGEST {
        return Err(refused("it is too long for a file of queries", false));
    }
    if defines(&source.text) {
        return Ok(None);
    }
    if source.text.trim().is_empty() {
        return Ok(None);
    }
    let query = Query {
        text: source.text.as_str().into(),
        place: Place { line: 1, column: 1 },
        is_verbatim: true,
    };
    Ok(Some(File {
        path: source.path.clone(),
        queries: vec![query],
        ..File::default()
    }))
}

/// Whether a file makes or changes objects rather than to use them.
fn defines(text: &str) -> bool {
    let (rewritten, pieces) = pieces::pieces(text);
    pieces.iter().any(|piece| {
        let statement = rewritten.get(piece.range.clone()).unwrap_or_default();
        let mut words = words(statement);
        match words.next().as_deref() {
            Some("create") => !matches!(words.next().as_deref(), Some("temp" | "temporary")),
            Some("alter" | "grant" | "revoke" | "drop" | "pragma" | "attach") => true,
            _ => false,
        }
    })
}

/// The words that a statement begins with, comments left out.
fn words(statement: &str) -> impl Iterator<Item = String> {
    let mut rest = statement;
    loop {
        rest = rest.trim_start();
        if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else {
            break;
        }
    }
    rest.split_whitespace().take(3).map(str::to_ascii_lowercase)
}

/// Whether a text begins like a statement that reads or writes rows.
pub(crate) fn is_query(text: &str) -> bool {
    let first = words(text).next().unwrap_or_default();
    let first = first.trim_start_matches('(');
    matches!(
        first,
        "select" | "insert" | "update" | "delete" | "with" | "merge" | "values" | "explain"
    )
}

/// Reads what queries use, in the order given.
///
/// What does not parse is told of and never guessed at. Statements that neither read nor write rows use nothing.
pub fn statements(queries: &[Query]) -> Vec<Reading> {
    let all = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let reading = thread.spawn_scoped(scope, || queries.iter().map(reading).collect());
        reading.ok().and_then(|reading| reading.join().ok())
    });
    all.unwrap_or_else(|| {
        let unread = |query: &Query| Reading {
            unread: vec![(query.place, "it could not be read".to_owned())],
            ..Reading::default()
        };
        queries.iter().map(unread).collect()
    })
}

fn reading(query: &Query) -> Reading {
    let mut reading = Reading::default();
    if query.text.len() > LONGEST || query.text.contains('\0') {
        let why = "the text is no query".to_owned();
        reading.unread.push((query.place, why));
        return reading;
    }
    let (rewritten, pieces) = pieces::pieces(&query.text);
    let lines = Lines::new(query);
    let mut made: Vec<String> = Vec::new();
    for piece in pieces {
        let text = rewritten.get(piece.range.clone()).unwrap_or_default();
        let start = piece.range.start;
        let begin = start + (text.len() - text.trim_start().len());
        if words(text).next().is_none() {
            continue;
        }
        if let Some(why) = piece.refused {
            reading.unread.push((lines.place(begin), why.to_owned()));
            continue;
        }
        let parsed = match pg_query::parse(text, 0) {
            Ok(parsed) => parsed,
            Err(error) => {
                reading.unread.push((lines.place(begin), error.to_string()));
                continue;
            }
        };
        let places = |at: i32| lines.place(start + usize::try_from(at).unwrap_or_default());
        for statement in parsed.protobuf.stmts {
            let Some(node) = statement.stmt.and_then(|node| node.node) else {
                continue;
            };
            made.extend(created(&node));
            if let Some(mut found) = collect::collect(&node, &places) {
                forget(&mut found, &made);
                reading.statements.push(found);
            }
        }
    }
    reading
}

/// The table that a statement makes for those after it.
fn created(node: &NodeEnum) -> Option<String> {
    let relation = match node {
        NodeEnum::CreateStmt(create) => create.relation.as_ref(),
        NodeEnum::ViewStmt(create) => create.view.as_ref(),
        NodeEnum::CreateTableAsStmt(create) => {
            create.into.as_ref().and_then(|into| into.rel.as_ref())
        }
        NodeEnum::SelectStmt(select) => select
            .into_clause
            .as_ref()
            .and_then(|into| into.rel.as_ref()),
        _ => None,
    };
    relation.map(|relation| relation.relname.clone())
}

/// Leaves out what is about tables of the text itself.
fn forget(found: &mut Statement, made: &[String]) {
    if made.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    let mut new_index = Vec::new();
    for relation in std::mem::take(&mut found.relations) {
        let is_kept = !made.contains(&relation.name.text);
        new_index.push(is_kept.then_some(kept.len()));
        if is_kept {
            kept.push(relation);
        }
    }
    found.relations = kept;
    let whole = std::mem::take(&mut found.whole);
    found.whole = whole.into_iter().filter_map(|at| new_index[at]).collect();
    found.columns.retain_mut(|column| {
        let candidates: Option<Vec<usize>> =
            column.candidates.iter().map(|at| new_index[*at]).collect();
        let is_kept = candidates.is_some();
        column.candidates = candidates.unwrap_or_default();
        is_kept
    });
}

/// Places of bytes of a query.
struct Lines<'q> {
    query: &'q Query,
    starts: Vec<usize>,
}

impl<'q> Lines<'q> {
    fn new(query: &'q Query) -> Self {
        let breaks = query
            .text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n');
        Self {
            query,
            starts: std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    fn place(&self, at: usize) -> Place {
        let query = self.query;
        if !query.is_verbatim {
            return query.place;
        }
        let at = at.min(query.text.len());
        let line = self.starts.partition_point(|start| *start <= at).max(1) - 1;
        let before = query
            .text
            .get(self.starts[line]..at)
            .map_or(0, |text| text.chars().count());
        let first = if line == 0 { query.place.column } else { 1 };
        Place {
            line: query.place.line + u32::try_from(line).unwrap_or_default(),
            column: first + u32::try_from(before).unwrap_or_default(),
        }
    }
}
