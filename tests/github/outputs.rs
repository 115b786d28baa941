//! Outputs of the step and the job summary.

use std::collections::BTreeSet;
use std::path::Path;

use pgpact::github::Publisher;

use super::run_pull_request;
use crate::support::github::{GitHub, event, settings};
use crate::support::reports::{broken_in, full, warned};
use crate::support::repository;

#[tokio::test]
async fn outputs_say_what_was_found_and_where_it_stands() {
    let github = GitHub::start().await;
    let environment = github.environment("pull_request");
    let event = event(&environment, "pull_request").unwrap();
    let mut publisher = Publisher::begin(environment, event, settings()).await;
    let report_path = Path::new("/github/workspace/out/report.json");
    let published = publisher.finish(&full(), Some(report_path)).await;
    let outputs = github.outputs();
    let expected = [
        ("verdict", "broken"),
        ("findings", "4"),
        ("critical", "1"),
        ("errors", "2"),
        ("warnings", "1"),
        ("report", "out/report.json"),
        ("check-run-url", published.check_run_url.as_deref().unwrap()),
        ("comment-url", published.comment_url.as_deref().unwrap()),
        ("pull-request-url", ""),
    ];
    assert_eq!(outputs.len(), expected.len());
    for (name, value) in expected {
        assert_eq!(outputs[name], value, "{name}");
    }
}

#[tokio::test]
async fn the_action_declares_the_outputs_that_are_written() {
    let action = std::fs::read_to_string(repository("action.yml")).unwrap();
    let (_, outputs) = action.split_once("\noutputs:\n").unwrap();
    let (outputs, _) = outputs.split_once("\nruns:\n").unwrap();
    let names = outputs.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!name.starts_with(' ')).then(|| name.to_owned())
    });
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &full()).await;
    let written: BTreeSet<String> = github.outputs().into_keys().collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), written);
}

#[tokio::test]
async fn a_newline_in_an_output_sets_no_other_output() {
    let github = GitHub::start().await;
    let environment = github.environment("pull_request");
    let event = event(&environment, "pull_request").unwrap();
    let mut publisher = Publisher::begin(environment, event, settings()).await;
    let hostile = "a\nverdict=holds\nverdict<<EOF\nholds\nEOF\nb.json";
    publisher.finish(&warned(), Some(Path::new(hostile))).await;
    let outputs = github.outputs();
    assert_eq!(outputs["verdict"], "holds");
    assert_eq!(outputs["report"], hostile);
    assert_eq!(outputs.len(), 9);
}

#[tokio::test]
async fn the_job_summary_holds_the_whole_report() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &full()).await;
    let summary = github.summary();
    assert!(
        summary.starts_with("## ❌ Database contract: broken — 1 critical, 2 errors, 1 warning\n")
    );
    assert!(summary.contains("return 'Hi, ' || name;"));
}

#[tokio::test]
async fn a_summary_that_is_too_long_is_told_in_less_detail() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken_in(3_000)).await;
    let summary = github.summary();
    assert!(summary.len() <= 1_000_000);
    assert!(summary.contains("rule 3000"));
    assert!(!summary.contains("Expected, live and what to do"));
}
