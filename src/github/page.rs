//! The body of a comment or issue that is kept up to date: marker, report, and a footer that may differ between runs.

use super::environment::Environment;
use super::settings::Settings;
use crate::report::Report;
use crate::report::markdown::{Limit, Options, render_within};

/// GitHub refuses bodies of more than 65,536 UTF-16 units.
const LIMIT: usize = 60_000;

/// What parts the report from the footer.
const FOOTER: &str = "\n<!-- pgpact:footer -->\n";

/// What a marker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Comment,
    Issue,
}

/// A body, and what finds it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    marker: String,
    report: String,
    /// What stands between the two.
    more: String,
    footer: String,
}

impl Page {
    /// Renders a report so that it fits.
    pub(super) fn new(
        report: &Report,
        purpose: Purpose,
        environment: &Environment,
        settings: &Settings,
        head_sha: Option<&str>,
    ) -> Self {
        let marker = marker(purpose, environment, settings);
        let footer = footer(report, environment, head_sha);
        let room = match purpose {
            Purpose::Comment => 0,
            // For what it remembers.
            Purpose::Issue => 20_000,
        };
        let around = marker.len() + FOOTER.len() + footer.len() + 2 + room;
        let blob_url = head_sha.and_then(|sha| environment.blob_url(sha));
        let options = Options {
            title: Some(&settings.check_name),
            blob_url: blob_url.as_deref(),
            timing: false,
            draws: true,
            ..Options::default()
        };
        Self {
            report: render_within(report, &options, Limit::Utf16(LIMIT.saturating_sub(around))),
            marker,
            more: String::new(),
            footer,
        }
    }

    /// The same with something after the report.
    #[must_use]
    pub(super) fn with(&self, more: String) -> Self {
        Self {
            more,
            ..self.clone()
        }
    }

    /// The whole text.
    pub(super) fn body(&self) -> String {
        format!(
            "{}\n{}{}{FOOTER}{}",
            self.marker, self.report, self.more, self.footer
        )
    }

    /// Whether a text is one of ours. The marker stands at the very start: a quotation of it does not.
    pub(super) fn marks(&self, body: &str) -> bool {
        body.trim_start().starts_with(&self.marker)
    }

    /// Whether a text says the same, but for the footer.
    pub(super) fn says_the_same(&self, body: &str) -> bool {
        fn report(body: &str) -> String {
            let body = body.replace("\r\n", "\n");
            let report = body.split(FOOTER.trim()).next().unwrap_or_default();
            report.trim().to_owned()
        }
        report(body) == report(&self.body())
    }
}

/// Invisible, and different for each workflow, job and key. Hashed, as names may hold what ends a comment.
fn marker(purpose: Purpose, environment: &Environment, settings: &Settings) -> String {
    let purpose = match purpose {
        Purpose::Comment => "comment",
        Purpose::Issue => "issue",
    };
    let hash = short_hash(&[
        purpose,
        environment.workflow.as_deref().unwrap_or_default(),
        environment.job.as_deref().unwrap_or_default(),
        &settings.comment_key,
    ]);
    format!("<!-- pgpact:{hash} -->")
}

fn footer(report: &Report, environment: &Environment, head_sha: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(sha) = head_sha {
        parts.push(format!("commit {sha}"));
    }
    if let Some(url) = environment.run_url() {
        parts.push(format!("[workflow run]({url})"));
    }
    parts.push(format!("{:.1} s", report.timing.total.as_secs_f64()));
    format!("<sub>{}</sub>\n", parts.join(" · "))
}

/// Sixteen hexadecimal digits that stand for some texts.
pub(super) fn short_hash(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    hasher.finalize().to_hex().as_str()[..16].to_owned()
}
