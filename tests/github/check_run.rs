//! Check runs.

use pgpact::classes::Severity;
use pgpact::github::{CheckRunMode, Publisher, Settings};
use serde_json::Value;

use super::{run, run_pull_request};
use crate::support::github::{Fault, GitHub, HEAD, MERGE, event, refusal, settings};
use crate::support::reports::{broken, broken_in, finding, holding, report, unknown};

fn only_run(github: &GitHub) -> Value {
    let state = github.state();
    assert_eq!(state.check_runs.len(), 1);
    state.check_runs[0].clone()
}

#[tokio::test]
async fn a_contract_that_holds_is_a_success_on_the_head_of_the_branch() {
    let github = GitHub::start().await;
    let published = run_pull_request(&github, settings(), &holding()).await;
    let run = only_run(&github);
    assert_eq!(run["conclusion"], "success");
    assert_eq!(run["head_sha"], HEAD);
    assert_eq!(run["name"], "Database contract");
    assert_eq!(run["output"]["title"], "holds: no findings");
    assert_eq!(
        run["details_url"],
        "https://github.com/acme/orchard/actions/runs/9001/attempts/1"
    );
    assert_eq!(published.check_run_url.as_deref(), run["html_url"].as_str());
    assert_eq!(published.log_lines, Vec::<String>::new());
    assert_eq!(published.notices, Vec::<String>::new());
}

#[tokio::test]
async fn a_hundred_and_twenty_annotations_arrive_in_three_batches() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken_in(120)).await;
    let run = only_run(&github);
    assert_eq!(run["conclusion"], "failure");
    let annotations = run["output"]["annotations"].as_array().unwrap();
    let lines: Vec<u64> = annotations
        .iter()
        .map(|annotation| annotation["start_line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, (1..=120).collect::<Vec<_>>());
    assert_eq!(github.count("PATCH", "/check-runs/"), 3);
    let concluding = github
        .state()
        .requests
        .iter()
        .filter(|(_, _, body)| body.get("conclusion").is_some())
        .count();
    assert_eq!(concluding, 1, "only the last says how it ended");
}

#[tokio::test]
async fn severities_become_levels_and_what_has_no_line_is_left_to_the_text() {
    let github = GitHub::start().await;
    let mut nowhere = finding("d", Severity::Error, "public.d", 4);
    nowhere.location = None;
    let findings = vec![
        finding("a", Severity::Critical, "public.a", 1),
        finding("b", Severity::Warning, "public.b", 2),
        finding("c", Severity::Note, "public.c", 3),
        nowhere,
    ];
    run_pull_request(&github, settings(), &report(findings)).await;
    let run = only_run(&github);
    let annotations = run["output"]["annotations"].as_array().unwrap();
    let levels: Vec<&str> = annotations
        .iter()
        .map(|annotation| annotation["annotation_level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["failure", "warning", "notice"]);
    assert!(
        run["output"]["text"]
            .as_str()
            .unwrap()
            .contains("`public.d`")
    );
}

#[tokio::test]
async fn no_verdict_is_a_failure_and_never_neutral() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &unknown()).await;
    let run = only_run(&github);
    assert_eq!(run["conclusion"], "failure");
    assert_eq!(run["output"]["title"], "unknown: live-unreachable");
}

#[tokio::test]
async fn a_check_run_that_an_earlier_try_left_is_taken_over() {
    let github = GitHub::start().await;
    let environment = github.environment("pull_request");
    let started = event(&environment, "pull_request").unwrap();
    Publisher::begin(environment, started, settings()).await;
    assert_eq!(only_run(&github)["status"], "in_progress");
    run_pull_request(&github, settings(), &broken()).await;
    assert_eq!(only_run(&github)["conclusion"], "failure");
    assert_eq!(github.count("POST", "/check-runs"), 1);
}

#[tokio::test]
async fn a_concluded_check_run_is_not_written_over() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken()).await;
    run_pull_request(&github, settings(), &holding()).await;
    let state = github.state();
    let conclusions: Vec<&Value> = state
        .check_runs
        .iter()
        .map(|run| &run["conclusion"])
        .collect();
    assert_eq!(conclusions, ["failure", "success"]);
}

#[tokio::test]
async fn jobs_of_a_matrix_do_not_share_a_check_run() {
    let github = GitHub::start().await;
    for runner in ["runner 1", "runner 2"] {
        let mut environment = github.environment("pull_request");
        environment.runner_name = Some(runner.to_owned());
        let event = event(&environment, "pull_request").unwrap();
        Publisher::begin(environment, event, settings()).await;
    }
    assert_eq!(github.state().check_runs.len(), 2);
}

#[tokio::test]
async fn a_merge_queue_gets_its_check_on_the_commit_it_tries() {
    let github = GitHub::start().await;
    let published = run(
        &github,
        "merge_group",
        "merge_group",
        settings(),
        &holding(),
    )
    .await;
    assert_eq!(only_run(&github)["head_sha"], HEAD);
    assert_eq!(published.comment_url, None);
    assert_eq!(github.count("GET", "/comments"), 0);
}

#[tokio::test]
async fn an_unknown_event_gets_a_check_run_only_when_always_is_asked_for() {
    let github = GitHub::start().await;
    run(&github, "release", "push", settings(), &holding()).await;
    assert_eq!(github.state().check_runs.len(), 0);
    let always = Settings {
        check_run: CheckRunMode::Always,
        ..settings()
    };
    run(&github, "release", "push", always, &holding()).await;
    assert_eq!(only_run(&github)["head_sha"], MERGE);
}

#[tokio::test]
async fn without_a_check_run_findings_go_to_the_log() {
    let github = GitHub::start().await;
    let never = Settings {
        check_run: CheckRunMode::Never,
        ..settings()
    };
    let published = run_pull_request(&github, never, &broken_in(12)).await;
    assert_eq!(github.count("POST", "/check-runs"), 0);
    assert_eq!(published.log_lines.len(), 11);
    assert!(
        published.log_lines[0].starts_with("::error file=supabase/migrations/012_rls.sql,line=1,")
    );
    assert_eq!(
        published.log_lines[10],
        "2 more findings are in the job summary"
    );
}

#[tokio::test]
async fn a_fork_without_permission_gets_its_findings_in_the_log_and_no_comment() {
    let github = GitHub::start().await;
    let denial = refusal(403, "Resource not accessible by integration");
    github.fail("POST", "/check-runs", 1, Fault::Answer(denial));
    let published = run(
        &github,
        "pull_request",
        "pull_request_fork",
        settings(),
        &broken(),
    )
    .await;
    assert_eq!(published.check_run_url, None);
    assert_eq!(published.log_lines.len(), 1);
    assert_eq!(published.notices.len(), 1);
    assert!(published.notices[0].contains("Resource not accessible by integration"));
    assert_eq!(github.count("POST", "/check-runs"), 1, "asked once");
    assert_eq!(github.count("GET", "/comments"), 0);
    assert!(github.summary().contains("Members can read"));
}

#[tokio::test]
async fn dependabot_gets_no_comment() {
    let github = GitHub::start().await;
    run(
        &github,
        "pull_request",
        "pull_request_dependabot",
        settings(),
        &broken(),
    )
    .await;
    assert_eq!(github.count("POST", "/comments"), 0);
    assert_eq!(github.state().check_runs.len(), 1);
}

#[tokio::test]
async fn an_interrupted_run_is_cancelled() {
    let github = GitHub::start().await;
    let environment = github.environment("push");
    let event = event(&environment, "push").unwrap();
    let mut publisher = Publisher::begin(environment, event, settings()).await;
    assert_eq!(publisher.cancel().await, Vec::<String>::new());
    assert_eq!(only_run(&github)["conclusion"], "cancelled");
}

#[tokio::test]
async fn a_page_that_github_refuses_does_not_keep_the_check_run_open() {
    let github = GitHub::start().await;
    let refused = refusal(422, "Invalid request");
    github.fail("PATCH", "/check-runs/", 1, Fault::Answer(refused));
    let published = run_pull_request(&github, settings(), &broken()).await;
    assert_eq!(only_run(&github)["conclusion"], "failure");
    assert!(published.notices[0].contains("Invalid request"));
}
