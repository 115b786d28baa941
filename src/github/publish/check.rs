//! The check run of a run: wanted or not, begun, concluded.

use tokio::time::Instant;

use super::Publisher;
use crate::github::check_run::{CheckRun, Output, Subject};
use crate::github::event::Trigger;
use crate::github::retry::Trouble;
use crate::github::settings::CheckRunMode;
use crate::report::Report;
use crate::report::annotations::annotations;
use crate::report::markdown::{self, Detail, Limit, Options, render_within};

/// GitHub takes 65,535 characters and does not say of which kind; bytes are the strictest reading.
const CHECK_RUN_LIMIT: Limit = Limit::Bytes(60_000);

/// How far the check run is.
#[derive(Debug)]
pub(super) enum Progress {
    /// There is none, and there will be none.
    Absent,
    /// Creating it failed for reasons that may pass.
    Pending,
    Started(CheckRun),
    Concluded(CheckRun),
}

impl Publisher {
    /// Concludes the check run of an interrupted run; quick, as the runner does not wait for long.
    pub async fn cancel(&mut self) -> Vec<String> {
        let deadline = Instant::now() + self.patience().cancel;
        if let (Progress::Started(run), Some(client)) = (&self.check_run, &self.client) {
            match run.cancel(client, deadline).await {
                Ok(()) => self.check_run = Progress::Concluded(run.clone()),
                Err(trouble) => self.notice("the check run was not cancelled", &trouble),
            }
        }
        std::mem::take(&mut self.notices)
    }

    pub(super) fn wants_check_run(&self) -> bool {
        let wanted = match self.settings.check_run {
            CheckRunMode::Auto => self.event.trigger != Trigger::Other,
            CheckRunMode::Always => true,
            CheckRunMode::Never => false,
        };
        wanted && self.client.is_some() && self.event.head_sha.is_some()
    }

    pub(super) async fn start_check_run(&mut self, deadline: Instant) {
        let (Some(client), Some(sha)) = (&self.client, &self.event.head_sha) else {
            return;
        };
        let subject = Subject::new(&self.environment, &self.settings, sha);
        match subject.begin(client, deadline).await {
            Ok(run) => self.check_run = Progress::Started(run),
            Err(trouble @ (Trouble::Denied { .. } | Trouble::Refused { .. })) => {
                self.check_run = Progress::Absent;
                self.notice("no check run, annotations go to the log", &trouble);
            }
            Err(trouble) => self.notice("the check run was not created", &trouble),
        }
    }

    pub(super) async fn conclude_check_run(&mut self, report: &Report) {
        if matches!(self.check_run, Progress::Pending) {
            let deadline = Instant::now() + self.patience().step;
            self.start_check_run(deadline).await;
        }
        let (Progress::Started(run), Some(client)) = (&self.check_run, &self.client) else {
            return;
        };
        let run = run.clone();
        let deadline = Instant::now() + self.patience().step;
        let end = deadline + self.patience().step;
        let (output, annotations) = (self.check_run_output(report), annotations(report));
        let concluded = run
            .conclude(
                client,
                report.verdict,
                &output,
                &annotations,
                (deadline, end),
            )
            .await;
        match concluded {
            Ok(notices) => {
                self.notices.extend(notices);
                self.check_run = Progress::Concluded(run);
            }
            Err(trouble) => self.notice("the check run was not concluded", &trouble),
        }
    }

    fn check_run_output(&self, report: &Report) -> Output {
        let blob_url = self.blob_url();
        let options = Options {
            title: None,
            blob_url: blob_url.as_deref(),
            ..Options::default()
        };
        let counts = Options {
            detail: Detail::Counts,
            ..options
        };
        Output {
            title: markdown::verdict_line(report),
            summary: render_within(report, &counts, CHECK_RUN_LIMIT),
            text: render_within(report, &options, CHECK_RUN_LIMIT),
        }
    }

    pub(super) fn check_run(&self) -> Option<&CheckRun> {
        match &self.check_run {
            Progress::Started(run) | Progress::Concluded(run) => Some(run),
            Progress::Absent | Progress::Pending => None,
        }
    }
}
