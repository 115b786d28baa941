//! Replays migrations into a scratch, statement by statement, and goes on after a failure.

mod effect;
mod elevated;
mod judged;
mod names;
mod record;
mod runner;
mod split;
mod treatment;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::contract::{Gap, Location};
use crate::findings::FailedStatement;
use crate::inspect::Passage;

use elevated::Extensions;

pub use effect::Effect;
pub(super) use elevated::grant_all_roles;
pub(super) use record::{finish, settle, start};
pub(super) use runner::Runner;
pub(super) use runner::rehearsal::REHEARSER;

/// A migration file, read already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFile {
    /// The path to show, relative to the working directory where it is below it.
    pub path: Arc<str>,
    /// Its text.
    pub text: String,
}

/// How a layout's own tool runs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomicity {
    /// The whole file in one transaction.
    File,
    /// Each statement on its own, as `psql -f` does, but for transactions the file begins itself.
    Statement,
}

/// The statements of a migration, each with the line that it begins on.
pub fn statements(text: &str) -> Vec<(u32, String)> {
    let statements = split::split(text).into_iter();
    statements
        .map(|statement| (statement.line, statement.text))
        .collect()
}

/// A statement that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The statement and what it names.
    pub statement: FailedStatement,
    /// Its text, shortened.
    pub text: String,
    /// What Postgres says.
    pub message: String,
    /// Whether it only writes rows.
    pub is_data: bool,
    /// The earlier failure that it probably follows from.
    pub follows: Option<Location>,
}

/// A statement that was left out or run in another way than it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Where it stands.
    pub location: Location,
    /// Why, in words.
    pub why: String,
}

/// A statement of a plan to be rehearsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// The statement.
    pub sql: String,
    /// Whether it runs outside of the transaction.
    pub is_alone: bool,
    /// Whether it evaluates nothing that somebody else wrote, so that a superuser may run it.
    pub is_harmless: bool,
}

/// How far a replay had come: with the server's data, all that is needed to go on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Progressed {
    passages: Vec<Passage>,
    outcome: Outcome,
    extensions: Extensions,
}

/// What became of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many statements were run.
    pub statement_count: usize,
    /// Those that failed, in order.
    pub failures: Vec<Failure>,
    /// Those that were left out and whose tool would have refused them.
    pub skipped: Vec<Skipped>,
    /// What the contract is less sure of for: stand-ins, roles made up.
    pub gaps: BTreeSet<Gap>,
    /// Roles that were made up: nothing is known about what they may do on the server.
    pub made_up_roles: BTreeSet<String>,
}
