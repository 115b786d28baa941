//! What code says, held to what a contract offers.

mod call;
mod embed;
mod filters;
mod generated;
mod listen;
mod nearest;
mod rights;
mod rows;
mod selects;
mod spot;
mod sql;
mod values;
mod walk;
mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::code::{File, Place};
use crate::classes::shape::{Named, Shape};
use crate::contract::ObjectId;

/// Something that code relies on and the contract does not keep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: Arc<str>,
    /// Where in it.
    pub place: Place,
    /// What is wrong, e.g. `usage-column-missing`.
    pub code: &'static str,
    /// The object it is about: the nearest that there is, else what the code says.
    pub about: String,
    /// One sentence for a person, without a full stop.
    pub message: String,
    /// What to write instead, where something is near.
    pub suggestion: Option<String>,
}

/// What code does with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// It reads it.
    Reads,
    /// It reads all of its columns.
    ReadsAll,
    /// It adds rows, or gives a column a value in them.
    Inserts,
    /// It changes rows, or a column of them.
    Updates,
    /// It deletes rows.
    Deletes,
    /// It calls it.
    Calls,
    /// It finds rows by it, or sorts them.
    Filters,
    /// It listens to its changes.
    Listens,
    /// It stores or fetches files in it.
    Stores,
    /// A type names it.
    Names,
}

impl How {
    /// As it stands in JSON and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::ReadsAll => "reads all",
            Self::Inserts => "inserts",
            Self::Updates => "updates",
            Self::Deletes => "deletes",
            Self::Calls => "calls",
            Self::Filters => "filters",
            Self::Listens => "listens",
            Self::Stores => "stores",
            Self::Names => "names",
        }
    }
}

/// A use of an object that there is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// What is used.
    pub object: ObjectId,
    /// The file.
    pub file: Arc<str>,
    /// Where in it.
    pub place: Place,
    /// How.
    pub how: How,
}

/// A use that nobody could judge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// The file.
    pub file: Arc<str>,
    /// Where in it.
    pub place: Place,
    /// Why.
    pub why: String,
}

/// What came of holding code to a contract.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// What the contract does not keep, by file and place.
    pub problems: BTreeSet<Problem>,
    /// What is used.
    pub references: BTreeSet<Reference>,
    /// What could not be judged.
    pub open: BTreeSet<Open>,
    /// How many uses of tables, functions and buckets were judged.
    pub judged: usize,
}

/// What a request meets besides the contract.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The schema of requests that name none.
    pub schema: String,
    /// Schemas of the platform: their columns are not in the contract.
    pub platform_schemas: BTreeSet<String>,
    /// Tables with so many rows that reading them all is slow.
    pub large: BTreeSet<Named>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            schema: "public".to_owned(),
            platform_schemas: BTreeSet::new(),
            large: BTreeSet::new(),
        }
    }
}

/// Holds files to a contract's shape.
pub fn hold<'a>(files: impl IntoIterator<Item = &'a File>, shape: &Shape, terms: &Terms) -> Held {
    let mut held = Held::default();
    for file in files {
        walk::file(file, shape, terms, &mut held);
    }
    held
}
