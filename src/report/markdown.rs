//! The report as Markdown: for a comment, a check run, a job summary or a file.

mod change;
mod details;
mod drawing;
pub(super) mod escape;
mod fleet;
mod probes;
mod proposal;
mod since;

pub use proposal::proposal;
pub use since::since;

use std::fmt::Write as _;

use super::place::{in_repository, url_path};
use super::{Proposed, Report, Side, Verdict};
use crate::classes::Severity;
use crate::contract::Location;
use crate::findings::Finding;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Findings with their values, and what to do.
    Full,
    /// Findings without their values.
    Tables,
    /// How many findings there are.
    Counts,
}

/// How the report is to look.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How much is said.
    pub detail: Detail,
    /// The heading's words before the verdict; none leaves the heading out, for pages that have their own.
    pub title: Option<&'a str>,
    /// Where files can be read, e.g. `https://github.com/o/r/blob/SHA`; none makes no links.
    pub blob_url: Option<&'a str>,
    /// Whether to say how long it took; without, equal contracts make equal texts.
    pub timing: bool,
    /// Whether to draw the tables that differ, for pages that show Mermaid.
    pub draws: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            detail: Detail::Full,
            title: Some("Database contract"),
            blob_url: None,
            timing: true,
            draws: false,
        }
    }
}

/// How long a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// In UTF-16 units, as GitHub counts comments.
    Utf16(usize),
    /// In bytes.
    Bytes(usize),
}

impl Limit {
    /// Whether a text keeps to it.
    pub fn admits(self, text: &str) -> bool {
        match self {
            Self::Utf16(limit) => text.encode_utf16().count() <= limit,
            Self::Bytes(limit) => text.len() <= limit,
        }
    }

    /// The longest start of a text that keeps to it.
    pub fn cut(self, text: &str) -> &str {
        let (limit, width): (usize, fn(char) -> usize) = match self {
            Self::Utf16(limit) => (limit, char::len_utf16),
            Self::Bytes(limit) => (limit, char::len_utf8),
        };
        let mut used = 0;
        let end = text.char_indices().find(|(_, c)| {
            used += width(*c);
            used > limit
        });
        end.map_or(text, |(index, _)| &text[..index])
    }
}

/// The report in the greatest detail that keeps to the limit, at most that of the options.
pub fn render_within(report: &Report, options: &Options<'_>, limit: Limit) -> String {
    let details = [Detail::Full, Detail::Tables, Detail::Counts];
    let mut text = String::new();
    for detail in details {
        if (detail as u8) < (options.detail as u8) {
            continue;
        }
        text = render(report, &Options { detail, ..*options });
        if limit.admits(&text) {
            return text;
        }
    }
    limit.cut(&text).to_owned()
}

/// The report in the detail of the options.
pub fn render(report: &Report, options: &Options<'_>) -> String {
    let mut text = String::new();
    let out = &mut text;
    if let Some(title) = options.title {
        put(out, &format!("## {}\n", headline(report, title)));
    }
    render_sides(out, report);
    render_failure(out, report);
    fleet::render(out, report, options);
    change::render(out, report, options);
    probes::render(out, report, options);
    if report.proposed.is_some() && !report.groups().is_empty() {
        put(out, &format!("### {}\n", Proposed::COUNTED));
    }
    match options.detail {
        Detail::Full | Detail::Tables => {
            for (name, findings) in report.groups() {
                render_group(out, name, &findings, report, options);
            }
        }
        Detail::Counts => render_counts(out, report),
    }
    drawing::render(out, report, options);
    change::render_effects(out, report, options);
    change::render_told(out, report, options);
    if options.detail != Detail::Counts {
        details::render_ignored(out, report, options);
    }
    details::render_coverage(out, report, options);
    details::render_run(out, report, options);
    text
}

/// The verdict on one line of plain text, e.g. `broken: 2 critical, 3 errors`.
pub fn verdict_line(report: &Report) -> String {
    let verdict = report.verdict.as_str();
    match &report.failure {
        Some(failure) => format!("{verdict}: {}", failure.code),
        None => format!("{verdict}: {}", report.summary()),
    }
}

fn headline(report: &Report, title: &str) -> String {
    let sign = match report.verdict {
        Verdict::Holds => "✅",
        Verdict::Broken => "❌",
        Verdict::Unknown => "⚠️",
    };
    let title = escape::text(title);
    let verdict = report.verdict.as_str();
    let what = match &report.failure {
        Some(failure) => format!("no verdict, `{}`", failure.code),
        None => report.summary() + &told_in_words(report) + &report.open_in_words(),
    };
    format!("{sign} {title}: {verdict} — {what}")
}

/// Drift that does not count is no reason to stay silent.
fn told_in_words(report: &Report) -> String {
    match report.told_only().len() {
        0 => String::new(),
        count => format!(", {count} not of this change"),
    }
}

fn render_sides(out: &mut String, report: &Report) {
    let is_several = report.fleet.is_some();
    let verb = match report.verdict {
        Verdict::Holds if is_several => "keep",
        Verdict::Holds => "keeps",
        Verdict::Broken if is_several => "do not all keep",
        Verdict::Broken => "differs from",
        Verdict::Unknown => "could not be compared with",
    };
    if report.live.source.is_empty() || report.expected.source.is_empty() {
        return;
    }
    if !report.probes.is_empty() && report.classes.is_empty() {
        let held = (side(&report.live), side(&report.expected));
        put(
            out,
            &format!("{} was probed, held to {}.\n", held.0, held.1),
        );
        return;
    }
    put(
        out,
        &format!(
            "{} {verb} the contract of {}.\n",
            side(&report.live),
            side(&report.expected)
        ),
    );
}

fn side(side: &Side) -> String {
    escape::code(&side.source)
}

fn render_failure(out: &mut String, report: &Report) {
    let Some(failure) = &report.failure else {
        return;
    };
    let message = Limit::Utf16(4_000).cut(&failure.message);
    put(out, &escape::block("text", message));
    if let Some(help) = &failure.help {
        put(out, &format!("**What to do:** {}\n", escape::prose(help)));
    }
}

fn render_counts(out: &mut String, report: &Report) {
    put(out, "| Severity | Findings |\n|---|---:|");
    for severity in Severity::WORST_FIRST {
        put(
            out,
            &format!(
                "| {} {severity} | {} |",
                sign_of(severity),
                report.count(severity)
            ),
        );
    }
    put(out, "");
}

fn render_group(
    out: &mut String,
    name: &str,
    findings: &[&Finding],
    report: &Report,
    options: &Options<'_>,
) {
    let level = if report.proposed.is_some() {
        "####"
    } else {
        "###"
    };
    // A state of the history is words, everything else a name.
    let is_state = findings
        .iter()
        .all(|finding| finding.id.class.as_str() == "migration");
    let title = match is_state {
        true => escape::text(name),
        false => escape::code(name),
    };
    put(out, &format!("{level} {title}\n"));
    put(out, "| Severity | Finding | Object | What | Where |");
    put(out, "|---|---|---|---|---|");
    for finding in findings {
        put(
            out,
            &format!(
                "| {} {} | {} | {} | {} | {} |",
                sign_of(finding.severity),
                finding.severity,
                escape::code(&finding.code),
                escape::code(&finding.id.path),
                escape::text(&said(finding, report)),
                place(finding.location.as_ref(), options),
            ),
        );
    }
    put(out, "");
    if options.detail == Detail::Full {
        details::render_values(out, findings);
    }
}

/// What is wrong, and where that is so.
fn said(finding: &Finding, report: &Report) -> String {
    match &report.fleet {
        Some(fleet) => format!("{}, {}", finding.message, fleet.place(finding)),
        None => finding.message.clone(),
    }
}

/// The line; a link has the whole path, so that its name can be short.
fn place(location: Option<&Location>, options: &Options<'_>) -> String {
    let Some(location) = location else {
        return String::new();
    };
    match (options.blob_url, in_repository(&location.file)) {
        (Some(blob_url), Some(file)) => {
            let name = file.rsplit('/').next().unwrap_or(file);
            let name = escape::code(&format!("{name}:{}", location.line));
            let path = url_path(file);
            format!("[{name}]({blob_url}/{path}#L{})", location.line)
        }
        (Some(_), None) => escape::code(&location.to_string()),
        (None, _) => {
            let file = &*location.file;
            let name = file.rsplit('/').next().unwrap_or(file);
            escape::code(&format!("{name}:{}", location.line))
        }
    }
}

fn sign_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    }
}

fn put(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("writing to a string cannot fail");
}
