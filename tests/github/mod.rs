//! What is published on GitHub, against a stand-in that checks every request.

mod check_run;
mod commands;
mod comment;
mod event;
mod issue;
mod markdown;
mod outputs;
mod retry;

use pgpact::github::{Published, Publisher, Settings};
use pgpact::report::Report;

use crate::support::github::{GitHub, event};

/// One run for an event, from beginning to end.
async fn run(
    github: &GitHub,
    name: &str,
    fixture: &str,
    settings: Settings,
    report: &Report,
) -> Published {
    let environment = github.environment(name);
    let event = event(&environment, fixture).unwrap();
    let mut publisher = Publisher::begin(environment, event, settings).await;
    publisher.finish(report, None).await
}

/// One run for a pull request of the repository itself.
async fn run_pull_request(github: &GitHub, settings: Settings, report: &Report) -> Published {
    run(github, "pull_request", "pull_request", settings, report).await
}
