//! The files that the runner reads after the step: outputs and the job summary.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use super::commands::random_token;
use crate::report::markdown::Limit;

/// The runner drops a summary of more than 1 MiB altogether.
pub(super) const SUMMARY_LIMIT: usize = 1_000_000;

/// Adds outputs of the step.
pub(super) fn write(path: &Path, outputs: &[(&str, String)]) -> io::Result<()> {
    let text: String = outputs
        .iter()
        .map(|(name, value)| entry(name, value))
        .collect();
    append(path, &text)
}

/// Adds to the job summary as much as there is room for.
pub(super) fn append_summary(path: &Path, markdown: &str) -> io::Result<()> {
    let used = std::fs::metadata(path).map_or(0, |file| file.len());
    let used = usize::try_from(used).unwrap_or(usize::MAX);
    let room = SUMMARY_LIMIT.saturating_sub(used);
    append(path, Limit::Bytes(room).cut(markdown))
}

/// The form with a delimiter: a value with a newline in the short form could set other outputs.
fn entry(name: &str, value: &str) -> String {
    let mut delimiter = random_token();
    while value.contains(&delimiter) {
        delimiter = random_token();
    }
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}
