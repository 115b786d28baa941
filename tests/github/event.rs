//! What started the run.

use pgpact::error::ErrorCode;
use pgpact::github::{Environment, Event, Trigger};

use crate::support::github::{HEAD, MERGE, REPOSITORY, event};

const BASE: &str = "b7d09e315f6a482c90de13bb57ac46f8e2d1c093";

fn environment(name: &str) -> Environment {
    Environment {
        repository: Some(REPOSITORY.to_owned()),
        sha: Some(MERGE.to_owned()),
        git_ref: Some("refs/heads/main".to_owned()),
        event_name: Some(name.to_owned()),
        ..Environment::default()
    }
}

fn read(name: &str, fixture: &str) -> Event {
    event(&environment(name), fixture).unwrap()
}

#[test]
fn a_pull_request_is_reported_on_its_head_and_not_on_the_test_merge() {
    let event = read("pull_request", "pull_request");
    assert_eq!(event.head_sha.as_deref(), Some(HEAD));
    assert_eq!(event.base_sha.as_deref(), Some(BASE));
    let pull_request = event.pull_request().unwrap();
    assert_eq!(pull_request.number, 7);
    assert!(!pull_request.from_fork);
    assert!(!pull_request.by_dependabot);
}

#[test]
fn a_branch_of_another_or_no_repository_is_a_fork() {
    for fixture in ["pull_request_fork", "pull_request_deleted_fork"] {
        assert!(
            read("pull_request", fixture)
                .pull_request()
                .unwrap()
                .from_fork
        );
    }
}

#[test]
fn dependabot_is_recognised() {
    let event = read("pull_request", "pull_request_dependabot");
    assert!(event.pull_request().unwrap().by_dependabot);
    let mut environment = environment("pull_request");
    environment.actor = Some("dependabot[bot]".to_owned());
    let event = crate::support::github::event(&environment, "pull_request").unwrap();
    assert!(event.pull_request().unwrap().by_dependabot);
}

#[test]
fn pull_request_target_is_refused_for_foreign_branches_and_when_nobody_can_tell() {
    let environment = environment("pull_request_target");
    for fixture in [
        "pull_request_fork",
        "pull_request_deleted_fork",
        "push",
        "no such file",
    ] {
        let error = event(&environment, fixture).unwrap_err();
        assert_eq!(error.code(), ErrorCode::EventRefused, "{fixture}");
        assert_eq!(error.code().exit_status(), 2);
        assert!(error.help().unwrap().contains("pull_request event"));
    }
    let event = event(&environment, "pull_request").unwrap();
    assert_eq!(event.head_sha.as_deref(), Some(HEAD));
}

#[test]
fn a_merge_group_is_reported_on_the_commit_it_tries() {
    let event = read("merge_group", "merge_group");
    assert_eq!(event.trigger, Trigger::MergeGroup);
    assert_eq!(event.head_sha.as_deref(), Some(HEAD));
    assert_eq!(event.base_sha.as_deref(), Some(BASE));
}

#[test]
fn a_push_starts_from_the_commit_before_unless_the_branch_is_new() {
    assert_eq!(read("push", "push").base_sha.as_deref(), Some(BASE));
    assert_eq!(read("push", "push_new_branch").base_sha, None);
    assert_eq!(read("push", "push").head_sha.as_deref(), Some(MERGE));
}

#[test]
fn a_dispatch_is_routine_on_the_default_branch_alone() {
    assert!(read("workflow_dispatch", "workflow_dispatch").is_routine());
    let mut elsewhere = environment("workflow_dispatch");
    elsewhere.git_ref = Some("refs/heads/feature".to_owned());
    assert!(!event(&elsewhere, "workflow_dispatch").unwrap().is_routine());
    assert!(read("schedule", "schedule").is_routine());
    assert!(!read("push", "push").is_routine());
}

#[test]
fn an_event_without_a_payload_is_no_panic() {
    let event = read("pull_request", "no such file");
    assert_eq!(event.trigger, Trigger::Other);
    assert_eq!(event.head_sha.as_deref(), Some(MERGE));
    let nothing = Event::parse(&Environment::default(), "[]").unwrap();
    assert_eq!(nothing.head_sha, None);
}
