//! Which migrations a database says it has: the history tables of migration tools, read in place.

pub(super) mod deploy;
pub(super) mod read;
mod tables;

pub use tables::Tool;

use crate::contract::Gap;

/// What one history table tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose table it is.
    pub tool: Tool,
    /// Its quoted name.
    pub table: String,
    /// What was run, in the order in which it was run where the table knows that, else by version.
    pub entries: Vec<Entry>,
    /// Every versioned migration up to this one counts as run without being listed, this one included.
    pub up_to: Option<String>,
}

/// One migration that a database was told to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the tool records it; empty for what it runs again whenever it changes.
    pub version: String,
    /// The name, where it is recorded.
    pub name: Option<String>,
    /// What is known of what was run.
    pub content: Content,
    /// When it was run, as Postgres prints it.
    pub applied_at: Option<String>,
    /// Whether it began and never ended well.
    pub has_failed: bool,
}

/// What is known of what was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The statements themselves.
    Statements(Vec<String>),
    /// A checksum as the tool computes it, as text.
    Checksum(String),
    /// Nothing.
    Nothing,
}

/// All history tables of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histories {
    /// Those that were read.
    pub recorded: Vec<Recorded>,
    /// Those that the login may not read, or not all of.
    pub hidden: Vec<Hidden>,
}

/// A history table that is there and cannot be read: nothing may be claimed of what was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Whose table it is.
    pub tool: Tool,
    /// Its quoted name.
    pub table: String,
    /// Why, and what would help, for the coverage.
    pub gap: Gap,
}

impl Histories {
    /// Quoted names of all tables that are some tool's history.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let recorded = self.recorded.iter().map(|recorded| recorded.table.as_str());
        recorded.chain(self.hidden.iter().map(|hidden| hidden.table.as_str()))
    }
}
