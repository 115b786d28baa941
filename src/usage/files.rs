//! The files to read.

use std::path::PathBuf;

/// A file of application code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to where the search began, with `/`.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}
