//! Findings as annotations: remarks on lines of migration files.

use super::Report;
use super::markdown::Limit;
use super::place::in_repository;
use super::visible::{visible, visible_line};
use super::{display_value, is_multiline_text};
use crate::classes::Severity;
use crate::findings::Finding;

/// The most GitHub takes; its own limit is 64 KB.
const MESSAGE_LIMIT: Limit = Limit::Bytes(60_000);
const TITLE_LIMIT: Limit = Limit::Bytes(255);

/// How loud an annotation is; GitHub's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Critical findings and errors.
    Failure,
    /// Warnings.
    Warning,
    /// Notes.
    Notice,
}

/// A remark on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file, relative to the repository.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// How loud it is.
    pub level: Level,
    /// The code and the object.
    pub title: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// The annotations of the findings that count and have a line in the repository, worst first.
pub fn annotations(report: &Report) -> Vec<Annotation> {
    report
        .findings
        .iter()
        .filter(|finding| finding.counts())
        .filter_map(annotation)
        .collect()
}

/// How loud a severity is.
pub fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::Error => Level::Failure,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Notice,
    }
}

fn annotation(finding: &Finding) -> Option<Annotation> {
    let location = finding.location.as_ref()?;
    let path = in_repository(&location.file)?;
    let title = visible_line(&format!("{}: {}", finding.code, finding.id.path));
    Some(Annotation {
        path: path.to_owned(),
        line: location.line.max(1),
        level: level_of(finding.severity),
        title: TITLE_LIMIT.cut(&title).to_owned(),
        message: MESSAGE_LIMIT.cut(&message(finding)).to_owned(),
    })
}

/// What is wrong, both values where they are short, and what to do.
pub(super) fn message(finding: &Finding) -> String {
    let mut lines = vec![visible_line(&finding.message)];
    if let (Some(expected), Some(live)) = (&finding.expected, &finding.live)
        && !is_multiline_text(expected)
        && !is_multiline_text(live)
    {
        lines.push(format!("expected: {}", visible(&display_value(expected))));
        lines.push(format!("live: {}", visible(&display_value(live))));
    }
    if !finding.help.is_empty() {
        lines.push(visible_line(&finding.help));
    }
    lines.join("\n")
}
