//! Pull-request comments.

use pgpact::github::{CheckRunMode, CommentMode, Settings};
use pgpact::report::Report;

use super::run_pull_request;
use crate::support::github::{BOT, GitHub, settings};
use crate::support::reports::{broken, broken_in, holding, unknown, warned};

fn bodies(github: &GitHub) -> Vec<String> {
    let state = github.state();
    let comments = state.comments.iter();
    comments
        .map(|comment| comment["body"].as_str().unwrap().to_owned())
        .collect()
}

fn mode(comment: CommentMode) -> Settings {
    Settings {
        comment,
        ..settings()
    }
}

#[tokio::test]
async fn a_broken_contract_is_commented_on_once_and_kept_up_to_date() {
    let github = GitHub::start().await;
    let first = run_pull_request(&github, settings(), &broken()).await;
    assert!(first.comment_url.is_some());
    let second = run_pull_request(&github, settings(), &holding()).await;
    assert_eq!(second.comment_url, first.comment_url);
    let bodies = bodies(&github);
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("✅ Database contract: holds"));
    assert_eq!(
        github.count("GET", "/user"),
        0,
        "the check run says who we are"
    );
}

#[tokio::test]
async fn an_unchanged_comment_is_not_written_again() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken()).await;
    let mut slower = broken();
    slower.timing.total *= 3;
    run_pull_request(&github, settings(), &slower).await;
    assert_eq!(github.count("PATCH", "/comments/"), 0);
    assert_eq!(github.state().comments.len(), 1);
}

#[tokio::test]
async fn our_comment_is_found_on_the_second_page() {
    let github = GitHub::start().await;
    for id in 1..=130 {
        github.comment(id, "mira-holt", "Looks good to me");
    }
    run_pull_request(&github, settings(), &broken()).await;
    run_pull_request(&github, settings(), &holding()).await;
    assert_eq!(github.state().comments.len(), 131);
}

#[tokio::test]
async fn own_duplicates_are_deleted_and_the_oldest_stays() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken()).await;
    let body = bodies(&github).remove(0);
    github.comment(5_000, BOT, &body);
    github.comment(5_001, BOT, &body);
    run_pull_request(&github, settings(), &holding()).await;
    let state = github.state();
    let ids: Vec<String> = state.comments.iter().map(|c| c["id"].to_string()).collect();
    assert_eq!(ids, ["1002"]);
}

#[tokio::test]
async fn a_comment_of_somebody_else_with_our_marker_is_left_alone() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken()).await;
    let body = bodies(&github).remove(0);
    let elsewhere = GitHub::start().await;
    elsewhere.comment(1, "mallory", &body);
    elsewhere.comment(2, BOT, &format!("> {body}"));
    run_pull_request(&elsewhere, settings(), &holding()).await;
    assert_eq!(bodies(&elsewhere), [body.clone(), format!("> {body}")]);
}

#[tokio::test]
async fn a_key_makes_a_comment_of_its_own() {
    let github = GitHub::start().await;
    for key in ["staging", "production"] {
        let keyed = Settings {
            comment_key: key.to_owned(),
            ..settings()
        };
        run_pull_request(&github, keyed, &broken()).await;
    }
    assert_eq!(github.state().comments.len(), 2);
}

#[tokio::test]
async fn a_token_of_a_person_finds_its_own_comments() {
    let github = GitHub::start().await;
    github.state().user = Some("orchard-robot".to_owned());
    let without_check_run = || Settings {
        check_run: CheckRunMode::Never,
        ..settings()
    };
    run_pull_request(&github, without_check_run(), &broken()).await;
    let published = run_pull_request(&github, without_check_run(), &holding()).await;
    assert_eq!(github.state().comments.len(), 1);
    assert_eq!(published.notices, Vec::<String>::new());
}

#[tokio::test]
async fn a_job_token_that_may_not_ask_who_it_is_finds_its_own_comments() {
    let github = GitHub::start().await;
    let without_check_run = || Settings {
        check_run: CheckRunMode::Never,
        ..settings()
    };
    run_pull_request(&github, without_check_run(), &broken()).await;
    run_pull_request(&github, without_check_run(), &holding()).await;
    assert_eq!(github.state().comments.len(), 1);
}

#[tokio::test]
async fn a_token_that_writes_under_a_name_nobody_knew_says_so() {
    let github = GitHub::start().await;
    github.state().writes_as = Some("orchard-app[bot]".to_owned());
    let without_check_run = Settings {
        check_run: CheckRunMode::Never,
        ..settings()
    };
    let published = run_pull_request(&github, without_check_run, &broken()).await;
    assert!(published.comment_url.is_some());
    assert!(published.notices[0].contains("will not find it"));
}

#[tokio::test]
async fn each_mode_writes_a_new_comment_for_what_it_is_about() {
    let reports: [fn() -> Report; 4] = [holding, warned, broken, unknown];
    let modes = [
        (CommentMode::Always, [true, true, true, true]),
        (CommentMode::Changes, [false, true, true, true]),
        (CommentMode::Failures, [false, false, true, true]),
        (CommentMode::Off, [false, false, false, false]),
    ];
    for (comment, expected) in modes {
        for (report, expected) in reports.iter().zip(expected) {
            let github = GitHub::start().await;
            let report = report();
            run_pull_request(&github, mode(comment), &report).await;
            let written = github.state().comments.len() == 1;
            assert_eq!(written, expected, "{comment:?} {:?}", report.verdict);
        }
    }
}

#[tokio::test]
async fn a_comment_that_exists_is_kept_up_to_date_in_every_mode_but_off() {
    for (comment, updated) in [
        (CommentMode::Changes, true),
        (CommentMode::Failures, true),
        (CommentMode::Off, false),
    ] {
        let github = GitHub::start().await;
        run_pull_request(&github, mode(CommentMode::Always), &broken()).await;
        run_pull_request(&github, mode(comment), &holding()).await;
        assert_eq!(bodies(&github)[0].contains("✅"), updated, "{comment:?}");
    }
}

#[tokio::test]
async fn a_report_over_the_limit_is_told_in_less_detail() {
    let github = GitHub::start().await;
    run_pull_request(&github, settings(), &broken_in(200)).await;
    let tables = bodies(&github).remove(0);
    assert!(tables.contains("rule 200"));
    assert!(!tables.contains("Expected, live and what to do"));
    run_pull_request(&github, settings(), &broken_in(5_000)).await;
    let counts = bodies(&github).remove(0);
    assert!(counts.contains("| ❌ error | 5000 |"));
    assert!(!counts.contains("rule 200"));
}
