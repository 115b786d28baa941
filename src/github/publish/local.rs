//! What is written without GitHub: job summary, outputs, and annotations by way of the log.

use std::path::Path;

use super::{Published, Publisher};
use crate::classes::Severity;
use crate::github::commands;
use crate::github::outputs::{self, SUMMARY_LIMIT};
use crate::report::annotations::{Level, annotations};
use crate::report::markdown::{self, Limit, Options, render_within};
use crate::report::{Report, Verdict};

impl Publisher {
    pub(super) fn write_summary(&mut self, report: &Report) {
        let Some(path) = &self.environment.step_summary_path else {
            return;
        };
        let blob_url = self.blob_url();
        let options = Options {
            title: Some(&self.settings.check_name),
            blob_url: blob_url.as_deref(),
            ..Options::default()
        };
        let text = render_within(report, &options, Limit::Bytes(SUMMARY_LIMIT));
        if let Err(error) = outputs::append_summary(path, &text) {
            self.notice("the job summary was not written", &error);
        }
    }

    pub(super) fn write_outputs(&mut self, report: &Report, report_path: Option<&Path>) {
        let count = |severity| report.count(severity).to_string();
        let finding_count = report.findings.len() - report.ignored_count();
        let report_path = report_path
            .map(|path| self.environment.path_in_repository(path))
            .map(|path| path.display().to_string());
        self.output(&[
            ("verdict", report.verdict.as_str().to_owned()),
            ("findings", finding_count.to_string()),
            ("critical", count(Severity::Critical)),
            ("errors", count(Severity::Error)),
            ("warnings", count(Severity::Warning)),
            ("report", report_path.unwrap_or_default()),
        ]);
    }

    pub(super) fn write_urls(&mut self, published: &Published) {
        self.output(&[
            (
                "check-run-url",
                published.check_run_url.clone().unwrap_or_default(),
            ),
            (
                "comment-url",
                published.comment_url.clone().unwrap_or_default(),
            ),
            (
                "pull-request-url",
                published.proposal_url.clone().unwrap_or_default(),
            ),
        ]);
    }

    fn output(&mut self, values: &[(&str, String)]) {
        let Some(path) = &self.environment.output_path else {
            return;
        };
        if let Err(error) = outputs::write(path, values) {
            self.notice("outputs were not written", &error);
        }
    }

    /// Annotations by way of the log, for want of a check run.
    pub(super) fn log_lines(&self, report: &Report) -> Vec<String> {
        let mut lines = Vec::new();
        if report.verdict == Verdict::Unknown {
            let message = report
                .failure
                .as_ref()
                .map_or("no verdict", |failure| &failure.message);
            let title = format!(
                "{}: {}",
                self.settings.check_name,
                markdown::verdict_line(report)
            );
            lines.push(commands::remark(Level::Failure, &title, message));
        }
        lines.extend(commands::annotations(&annotations(report)));
        lines
    }
}
