//! Where code is looked for, and what was found there.

use std::path::PathBuf;

use super::code::{File, Skipped};

/// Where to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Files and folders, relative to the working folder or absolute.
    pub paths: Vec<PathBuf>,
    /// Globs of files to read; empty means all that a reader is known for.
    pub include: Vec<String>,
    /// Globs of files and folders to leave out.
    pub exclude: Vec<String>,
    /// Folders that hold the contract itself, such as migrations.
    pub contract: Vec<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// Files that say something to a database, by path.
    pub files: Vec<File>,
    /// Files that were not read.
    pub skipped: Vec<Skipped>,
    /// How many files were read.
    pub read: usize,
}
