//! The issue of routine runs.

use pgpact::github::{Published, Settings};
use pgpact::report::Report;
use serde_json::json;

use super::run;
use crate::support::github::{GitHub, settings};
use crate::support::reports::{broken, broken_in, holding, unknown};

async fn nightly(github: &GitHub, report: &Report) -> Published {
    run(github, "schedule", "schedule", settings(), report).await
}

#[tokio::test]
async fn a_nightly_break_opens_an_issue_that_is_updated_and_closed() {
    let github = GitHub::start().await;
    let opened = nightly(&github, &broken()).await;
    assert!(opened.issue_url.is_some());
    assert_eq!(
        github.state().issues[0]["title"],
        "Database contract is broken"
    );
    nightly(&github, &broken_in(2)).await;
    nightly(&github, &unknown()).await;
    let title = github.state().issues[0]["title"].clone();
    assert_eq!(title, "Database contract could not be verified");
    let closed = nightly(&github, &holding()).await;
    assert_eq!(closed.issue_url, opened.issue_url);
    let state = github.state();
    assert_eq!(state.issues.len(), 1);
    assert_eq!(state.issues[0]["state"], "closed");
    assert_eq!(state.issues[0]["state_reason"], "completed");
}

#[tokio::test]
async fn an_issue_that_says_the_same_is_left_alone() {
    let github = GitHub::start().await;
    nightly(&github, &broken()).await;
    nightly(&github, &broken()).await;
    assert_eq!(github.count("PATCH", "/issues/"), 0);
}

#[tokio::test]
async fn a_closed_issue_is_not_opened_again_but_followed_by_a_new_one() {
    let github = GitHub::start().await;
    nightly(&github, &broken()).await;
    nightly(&github, &holding()).await;
    nightly(&github, &broken()).await;
    assert_eq!(github.state().issues.len(), 2);
}

#[tokio::test]
async fn a_contract_that_holds_needs_no_issue() {
    let github = GitHub::start().await;
    assert_eq!(nightly(&github, &holding()).await.issue_url, None);
    assert_eq!(github.count("POST", "/issues"), 0);
}

#[tokio::test]
async fn an_issue_of_somebody_else_with_our_marker_is_left_alone() {
    let github = GitHub::start().await;
    nightly(&github, &broken()).await;
    let mut forged = github.state().issues[0].clone();
    forged["user"] = json!({ "login": "mallory" });
    let elsewhere = GitHub::start().await;
    elsewhere.state().issues.push(forged.clone());
    nightly(&elsewhere, &holding()).await;
    assert_eq!(elsewhere.state().issues, [forged]);
}

#[tokio::test]
async fn a_run_by_hand_on_the_default_branch_is_like_a_nightly_one() {
    let github = GitHub::start().await;
    run(
        &github,
        "workflow_dispatch",
        "workflow_dispatch",
        settings(),
        &broken(),
    )
    .await;
    assert_eq!(github.state().issues.len(), 1);
}

#[tokio::test]
async fn a_push_opens_no_issue_and_neither_does_a_run_told_not_to() {
    let github = GitHub::start().await;
    run(&github, "push", "push", settings(), &broken()).await;
    let quiet = Settings {
        issue_on_schedule: false,
        ..settings()
    };
    run(&github, "schedule", "schedule", quiet, &broken()).await;
    assert_eq!(github.state().issues.len(), 0);
}

#[tokio::test]
async fn a_nightly_run_also_has_its_check_run() {
    let github = GitHub::start().await;
    nightly(&github, &broken()).await;
    assert_eq!(github.state().check_runs.len(), 1);
}

#[tokio::test]
async fn each_finding_keeps_the_day_it_was_seen_first() {
    let github = GitHub::start().await;
    let on = |day: &str| Settings {
        today: day.parse().unwrap(),
        ..settings()
    };
    let body = || {
        github.state().issues[0]["body"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let days = || {
        let body = body();
        let rows = body.lines().filter(|line| line.starts_with("| 2026-"));
        let mut days: Vec<String> = rows.map(|row| row[2..12].to_owned()).collect();
        days.dedup();
        days
    };
    run(&github, "schedule", "schedule", on("2026-11-20"), &broken()).await;
    assert_eq!(days(), ["2026-11-20"]);
    run(
        &github,
        "schedule",
        "schedule",
        on("2026-11-21"),
        &broken_in(2),
    )
    .await;
    let after = days();
    assert!(
        after.contains(&"2026-11-20".to_owned()) || after == ["2026-11-21"],
        "{after:?}"
    );
    // Nobody could look: nothing is forgotten.
    run(
        &github,
        "schedule",
        "schedule",
        on("2026-11-22"),
        &unknown(),
    )
    .await;
    run(
        &github,
        "schedule",
        "schedule",
        on("2026-11-23"),
        &broken_in(2),
    )
    .await;
    assert_eq!(days(), after);
    assert!(body().contains("Since when: the oldest finding was seen first on"));
}
