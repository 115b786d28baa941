//! The access matrix for people: a table an object, and rules that state what holds today.

mod picture;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::markdown::escape::text as escape_text;
use crate::access::{Cell, Matrix, Operation, Outcome};

pub use picture::html;
pub(in crate::report) use picture::{STYLE, table};

/// A readable page: one table an object, a row an actor.
pub fn markdown(matrix: &Matrix) -> String {
    let mut text =
        "# Who may do what\n\nFound by trying, on a scratch filled with rows of two tenants. \
                    **Yes**: done. –: no row reached. no: refused. ?: not proven.\n"
            .to_owned();
    let mut objects: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in &matrix.cells {
        objects.entry(&cell.object).or_default().push(cell);
    }
    for (object, cells) in objects {
        let operations: BTreeSet<Operation> = cells.iter().map(|cell| cell.operation).collect();
        let _ = write!(text, "\n## {}\n\n| |", escape_text(object));
        for operation in &operations {
            let _ = write!(text, " {} |", operation.as_str());
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(operations.len()));
        let actors: BTreeSet<&str> = cells.iter().map(|cell| cell.actor.as_str()).collect();
        let mut actors: Vec<&str> = actors.into_iter().collect();
        actors.sort_by_key(|actor| rank(actor));
        for actor in actors {
            let _ = write!(text, "| {} |", escape_text(actor));
            for operation in &operations {
                let cell = cells
                    .iter()
                    .find(|cell| cell.actor == actor && cell.operation == *operation);
                let _ = write!(text, " {} |", cell.map_or("", |cell| word(cell.outcome)));
            }
            text.push('\n');
        }
    }
    text
}

/// Where an actor stands in tables: by what they may, the usual ones first.
fn rank(actor: &str) -> usize {
    let usual = [
        "anon",
        "user",
        "other-tenant",
        "member",
        "admin",
        "service_role",
    ];
    usual
        .iter()
        .position(|usual| *usual == actor)
        .unwrap_or(usual.len())
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "**yes**",
        Outcome::Filtered => "–",
        Outcome::Denied => "no",
        Outcome::Unproven => "?",
    }
}

/// Rules for `pgpact.toml` that deny what nobody gets through with today.
pub fn proposal(matrix: &Matrix) -> String {
    let mut text = "# Rules that hold today; take out what is not meant.\n".to_owned();
    let mut closed: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for cell in &matrix.cells {
        let is_closed = matches!(cell.outcome, Outcome::Denied | Outcome::Filtered);
        if is_closed && (cell.operation.is_for_others() || cell.operation == Operation::Call) {
            closed
                .entry((&cell.object, &cell.actor))
                .or_default()
                .push(cell.operation.as_str());
        }
    }
    for ((object, actor), operations) in closed {
        let quoted = |word: &str| serde_json::Value::String(word.to_owned()).to_string();
        let words: Vec<String> = operations.iter().map(|word| quoted(word)).collect();
        let _ = write!(
            text,
            "\n[[access]]\ntable = {}\nactor = {}\ndeny = [{}]\n",
            quoted(object),
            quoted(actor),
            words.join(", ")
        );
    }
    text
}
