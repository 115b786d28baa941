//! Scheduled runs and runs by hand end to end: the issue, and the pull request that brings the database back.

use std::process::Command;

use serde_json::Value;
use sqlx::{Connection as _, Executor as _};

use crate::changes::Project;
use crate::support::binary::Run;
use crate::support::github::{Fault, GitHub, refusal};

const DRIFT: &str = "alter table orders disable row level security; drop index orders_customer; alter table notes add column scribble text";
const BRANCH: &str = "pgpact/reconcile-live";
const PROPOSES: &[(&str, &str)] = &[("open-pull-request", "true")];

impl Project {
    /// As people run a file: statement by statement.
    fn psql(&self, script: &str) {
        let file = self.folder.path().join(".git/script.sql");
        std::fs::write(&file, script).unwrap();
        let output = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.server.url("postgres", "live"))
            .arg("-f")
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    async fn live(&self, script: &str) {
        self.server.run("postgres", "live", script).await.unwrap();
    }
}

fn pulls(github: &GitHub) -> Vec<Value> {
    github.state().branches.pulls.clone()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// The issue as people read it, without what is another in every run.
fn assert_issue(github: &GitHub, project: &Project) {
    let body = github.state().issues[0]["body"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = body.replace(&project.head, "HEAD");
    let filters = [
        (r"`[0-9a-f]{16,64}`", "`HASH`"),
        (r"[0-9a-f]{16}=20\d\d-\d\d-\d\d", "KEY=DAY"),
        (r"20\d\d-\d\d-\d\d", "DAY"),
        (r"<!-- pgpact:[0-9a-f]{16} -->", "<!-- MARKER -->"),
        (r"\d+\.\d s<", "SECONDS<"),
        (r"1[3-8]\.\d+", "PG"),
        (r"`postgres://[^`]*`", "`postgres://LIVE`"),
    ];
    insta::with_settings!({ filters => filters.to_vec() }, {
        insta::assert_snapshot!("issue", body);
    });
}

/// The files of our branch, by path.
fn files(github: &GitHub) -> Vec<(String, String)> {
    let state = github.state();
    let files = state.branches.files.iter();
    files
        .map(|((branch, path), bytes)| {
            assert_eq!(branch, BRANCH);
            (path.clone(), String::from_utf8(bytes.clone()).unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_answered_by_one_pull_request_until_it_is_gone() {
    let project = Project::new(DRIFT, &[]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "workflow_dispatch", PROPOSES).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_issue(&github, &project);
    let first = pulls(&github);
    assert_eq!(first.len(), 1, "{}", ended.stdout);
    assert_eq!(text(&first[0], "head"), BRANCH);
    assert_eq!(text(&first[0], "base"), "main");
    let url = text(&first[0], "html_url");
    assert_eq!(github.outputs()["pull-request-url"], url);
    let filters = [
        (r"`postgres://[^`]*`", "`postgres://LIVE`"),
        (
            r"reconcile [0-9a-f]{32} [0-9a-f]{40}",
            "reconcile PLAN COMMIT",
        ),
    ];
    insta::with_settings!({ filters => filters.to_vec() }, {
        insta::assert_snapshot!("pull_request", format!("{}\n\n{}", text(&first[0], "title"), text(&first[0], "body")));
    });
    let written = files(&github);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].0, "db/migrations/003_reconcile.sql");

    // The same drift: nothing is written again.
    let ended = project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(ended.status, 1);
    assert_eq!(pulls(&github), first);
    assert_eq!(github.count("PUT", "/contents/"), 1);

    // More drift: the same pull request, the same file.
    project.live("drop function total_of").await;
    project.step(&github, "schedule", PROPOSES).await;
    let second = pulls(&github);
    assert_eq!(second.len(), 1);
    assert_ne!(second[0]["body"], first[0]["body"]);
    let written = files(&github);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].0, "db/migrations/003_reconcile.sql");
    assert!(written[0].1.contains("total_of"), "{}", written[0].1);

    // What it says does it, and then there is nothing to propose. The column that was added is no migration's to drop.
    project.psql(&written[0].1);
    project.live("alter table notes drop column scribble").await;
    let ended = project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let closed = pulls(&github);
    assert_eq!(closed.len(), 1);
    assert_eq!(text(&closed[0], "state"), "closed");
    assert!(text(&closed[0], "body").starts_with("**Nothing is left to bring back"));
    assert!(!github.state().branches.tips.contains_key(BRANCH));

    // Drift comes back: a new one, for the old one was done.
    project
        .live("alter table orders disable row level security")
        .await;
    project.step(&github, "schedule", PROPOSES).await;
    let open: Vec<Value> = pulls(&github)
        .into_iter()
        .filter(|pull| pull["state"] == "open")
        .collect();
    assert_eq!(open.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_did_to_it_is_left_alone() {
    let project = Project::new(DRIFT, &[]).await;
    let github = GitHub::start().await;
    project.step(&github, "schedule", PROPOSES).await;
    let first = pulls(&github);

    // Somebody committed to the branch.
    github
        .state()
        .branches
        .tips
        .insert(BRANCH.to_owned(), "f".repeat(40));
    project.live("drop function total_of").await;
    let ended = project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(pulls(&github), first);
    assert_eq!(github.count("PUT", "/contents/"), 1);
    assert!(
        ended.stderr.contains("commits that are not ours")
            || ended.stdout.contains("commits that are not ours")
    );

    // Somebody closed it: the same is not proposed again, another plan is.
    project.live("create function total_of(customer bigint) returns numeric language sql stable begin atomic; select sum(total) from orders o where o.customer = total_of.customer; end").await;
    github.state().branches.pulls[0]["state"] = "closed".into();
    let ended = project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(pulls(&github).len(), 1);
    assert!(
        ended.stderr.contains("was closed") || ended.stdout.contains("was closed"),
        "{}",
        ended.stderr
    );
    project.live("alter table customers drop column name").await;
    project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(pulls(&github).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_where_it_is_not_wanted_or_not_allowed() {
    let project = Project::new(DRIFT, &[]).await;
    // Not asked for, or a change on its way.
    let github = GitHub::start().await;
    project.step(&github, "schedule", &[]).await;
    project.step(&github, "pull_request", PROPOSES).await;
    assert_eq!(pulls(&github), Vec::<Value>::new());
    assert_eq!(github.count("GET", "/pulls"), 0);

    // The token may not write: said, and the verdict stands.
    let github = GitHub::start().await;
    let refused = refusal(403, "Resource not accessible by integration");
    github.fail("POST", "/git/refs", 1, Fault::Answer(refused));
    let ended = project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(ended.status, 1);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("the pull request was not written"), "{said}");

    // An answer that got lost makes no second one.
    let github = GitHub::start().await;
    github.fail("POST", "/git/refs", 1, Fault::DropAfterwards);
    github.fail("POST", "/pulls", 1, Fault::DropAfterwards);
    project.step(&github, "schedule", PROPOSES).await;
    assert_eq!(pulls(&github).len(), 1);

    // Without a verdict it stays as it is.
    project
        .step(
            &github,
            "schedule",
            &[
                ("open-pull-request", "true"),
                ("live", "postgres://nobody@127.0.0.1:1/none"),
            ],
        )
        .await;
    assert_eq!(text(&pulls(&github)[0], "state"), "open");
}

/// A tool that holds its lock, or an open transaction that writes the history, is a deploy.
#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_runs_is_said_and_waited_for() {
    let project = Project::new("", &[]).await;
    project
        .live("create table _prisma_migrations (id text, checksum text, finished_at timestamptz, migration_name text, logs text, rolled_back_at timestamptz, started_at timestamptz, applied_steps_count int)")
        .await;
    let said = |arguments: &'static [&'static str]| {
        let url = project.server.url("postgres", "live");
        let folder = project.folder.path().to_owned();
        tokio::task::spawn_blocking(move || {
            let mut all = vec!["verify", "--expected", "db/migrations", "--format", "json"];
            all.extend(arguments);
            let ended = Run::new(&all)
                .env("DATABASE_URL", url)
                .within(&folder)
                .end();
            let report = ended.json();
            let findings = report["findings"].as_array().unwrap().iter();
            let mut flight = findings.filter(|finding| finding["code"] == "migration-in-flight");
            (
                ended.status,
                flight
                    .next()
                    .map(|finding| text(finding, "message").to_owned()),
            )
        })
    };
    assert_eq!(said(&[]).await.unwrap(), (0, None));
    for (hold, told) in [
        (
            "select pg_advisory_lock(72707369)",
            "Prisma holds its migration lock",
        ),
        (
            "begin; insert into _prisma_migrations (id) values ('1')",
            "somebody is writing public._prisma_migrations",
        ),
    ] {
        let mut deploy = project.server.connect("postgres", "live").await;
        deploy.execute(sqlx::raw_sql(hold)).await.unwrap();
        let message = format!("a deploy is under way: {told}");
        assert_eq!(said(&[]).await.unwrap(), (0, Some(message)));
        let waiting = said(&["--wait", "60"]);
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        deploy.close().await.unwrap();
        assert_eq!(waiting.await.unwrap(), (0, None));
    }
    // An application's own lock is none.
    let mut other = project.server.connect("postgres", "live").await;
    other
        .execute(sqlx::raw_sql("select pg_advisory_lock(42)"))
        .await
        .unwrap();
    assert_eq!(said(&[]).await.unwrap(), (0, None));
}
