//! A GitHub that has a bad day.

use std::time::{Duration, Instant};

use pgpact::github::Settings;
use pgpact::report::Verdict;
use wiremock::ResponseTemplate;

use super::run_pull_request;
use crate::support::github::{Fault, GitHub, refusal, settings};
use crate::support::reports::{broken, broken_in, holding};

#[tokio::test]
async fn two_bad_gateways_are_waited_out() {
    let github = GitHub::start().await;
    let fault = Fault::Answer(ResponseTemplate::new(502));
    github.fail("POST", "/check-runs", 2, fault);
    let published = run_pull_request(&github, settings(), &holding()).await;
    assert!(published.check_run_url.is_some());
    assert_eq!(published.notices, Vec::<String>::new());
}

#[tokio::test]
async fn a_github_that_stays_down_is_said_and_changes_no_verdict() {
    let github = GitHub::start().await;
    for method in ["GET", "POST", "PATCH"] {
        let fault = Fault::Answer(ResponseTemplate::new(502));
        github.fail(method, "", usize::MAX, fault);
    }
    let mut settings = settings();
    settings.patience.begin = Duration::from_millis(60);
    settings.patience.step = Duration::from_millis(60);
    let report = broken();
    let published = run_pull_request(&github, settings, &report).await;
    assert_eq!(report.verdict, Verdict::Broken);
    assert_eq!(published.check_run_url, None);
    assert_eq!(published.notices.len(), 3, "{:?}", published.notices);
    assert!(published.notices[0].contains("gave up after"));
    assert_eq!(published.log_lines.len(), 1, "the finding is not lost");
    assert_eq!(github.outputs()["verdict"], "broken");
}

#[tokio::test]
async fn a_check_run_that_could_not_be_created_at_first_is_created_at_the_end() {
    let github = GitHub::start().await;
    let fault = Fault::Answer(ResponseTemplate::new(503));
    github.fail("GET", "/check-runs", 8, fault);
    let mut settings = settings();
    settings.patience.begin = Duration::from_millis(40);
    run_pull_request(&github, settings, &broken()).await;
    assert_eq!(github.state().check_runs[0]["conclusion"], "failure");
}

#[tokio::test]
async fn retry_after_is_kept_to() {
    let github = GitHub::start().await;
    let limited = refusal(429, "slow down").insert_header("retry-after", "1");
    github.fail("POST", "/check-runs", 1, Fault::Answer(limited));
    let start = Instant::now();
    run_pull_request(&github, settings(), &holding()).await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(github.count("POST", "/check-runs"), 2);
}

#[tokio::test]
async fn a_secondary_limit_is_waited_out_though_it_says_not_for_how_long() {
    let github = GitHub::start().await;
    let limited = refusal(403, "You have exceeded a secondary rate limit.");
    github.fail("POST", "/check-runs", 1, Fault::Answer(limited));
    let published = run_pull_request(&github, settings(), &holding()).await;
    assert!(published.check_run_url.is_some());
}

#[tokio::test]
async fn a_used_up_hour_is_waited_for_by_githubs_own_clock() {
    let github = GitHub::start().await;
    let limited = refusal(403, "API rate limit exceeded")
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", "1700000001")
        .insert_header("date", "Tue, 14 Nov 2023 22:13:20 GMT");
    github.fail("POST", "/check-runs", 1, Fault::Answer(limited));
    let start = Instant::now();
    let published = run_pull_request(&github, settings(), &holding()).await;
    assert!(published.check_run_url.is_some(), "{:?}", published.notices);
    assert!(start.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_limit_that_outlasts_the_deadline_is_not_waited_for() {
    let github = GitHub::start().await;
    let limited = || refusal(429, "slow down").insert_header("retry-after", "3600");
    github.fail("POST", "/check-runs", 2, Fault::Answer(limited()));
    let start = Instant::now();
    let published = run_pull_request(&github, settings(), &holding()).await;
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(published.check_run_url, None);
}

#[tokio::test]
async fn a_dropped_connection_after_a_post_does_not_post_twice() {
    let github = GitHub::start().await;
    github.fail("POST", "/check-runs", 1, Fault::DropAfterwards);
    github.fail("POST", "/comments", 1, Fault::DropAfterwards);
    let published = run_pull_request(&github, settings(), &broken()).await;
    assert_eq!(published.notices, Vec::<String>::new());
    assert!(published.comment_url.is_some());
    assert_eq!(github.count("POST", "/check-runs"), 1);
    assert_eq!(github.count("POST", "/comments"), 1);
    let state = github.state();
    assert_eq!(state.check_runs.len(), 1);
    assert_eq!(state.comments.len(), 1);
}

#[tokio::test]
async fn a_gateway_that_times_out_after_a_post_does_not_post_twice() {
    let github = GitHub::start().await;
    let fault = Fault::AnswerAfterwards(ResponseTemplate::new(504));
    github.fail("POST", "/comments", 1, fault);
    run_pull_request(&github, settings(), &broken()).await;
    assert_eq!(github.state().comments.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_does_not_add_annotations_twice() {
    let github = GitHub::start().await;
    github.fail("PATCH", "/check-runs/", 1, Fault::DropAfterwards);
    run_pull_request(&github, settings(), &broken_in(70)).await;
    let run = github.state().check_runs[0].clone();
    assert_eq!(run["output"]["annotations_count"], 70);
    assert_eq!(run["conclusion"], "failure");
}

#[tokio::test]
async fn annotations_that_fail_do_not_keep_the_check_run_open() {
    let github = GitHub::start().await;
    let fault = Fault::Answer(refusal(422, "Invalid request"));
    github.fail("PATCH", "/check-runs/", 1, fault);
    let published = run_pull_request(&github, settings(), &broken_in(120)).await;
    assert_eq!(github.state().check_runs[0]["conclusion"], "failure");
    assert!(published.notices[0].contains("not all annotations"));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let github = GitHub::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    github.fail("GET", "/check-runs", usize::MAX, Fault::Answer(slow));
    let mut settings = settings();
    settings.patience.begin = Duration::from_millis(100);
    settings.patience.step = Duration::from_millis(100);
    let start = Instant::now();
    let published = run_pull_request(&github, settings, &holding()).await;
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(published.check_run_url, None);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_but_summary_and_outputs_are_written() {
    let github = GitHub::start().await;
    let without = Settings {
        token: None,
        ..settings()
    };
    let published = run_pull_request(&github, without, &broken()).await;
    assert_eq!(github.state().requests.len(), 0);
    assert!(published.notices[0].contains("no token"));
    assert!(github.summary().contains("Database contract: broken"));
    assert_eq!(github.outputs()["verdict"], "broken");
    assert_eq!(published.log_lines.len(), 1);
}

#[tokio::test]
async fn a_token_that_cannot_be_one_is_no_panic() {
    let github = GitHub::start().await;
    for token in ["", " \n", "two words", "ümlaut"] {
        let odd = Settings {
            token: Some(token.to_owned().into()),
            ..settings()
        };
        let published = run_pull_request(&github, odd, &holding()).await;
        assert!(published.notices[0].contains("nothing is sent"));
    }
}
