//! Pull requests end to end: a real repository, real Postgres, and a GitHub that checks every request.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use pgpact::scratch::Platform;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::{Ended, Run};
use crate::support::github::{GitHub, REPOSITORY};
use crate::support::postgres::Server;

const FIRST: &str = "create table customers (id bigint primary key, name text not null);
create table orders (id bigint primary key, customer bigint references customers, total numeric);
create index orders_customer on orders (customer);
alter table orders enable row level security;
";
const SECOND: &str = "create table notes (id bigint primary key, body text);
create function total_of(customer bigint) returns numeric language sql stable
  begin atomic; select sum(total) from orders o where o.customer = total_of.customer; end;
";

/// A repository with a base and a change on top, and live as the base makes it.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    base: String,
    pub(crate) head: String,
}

impl Project {
    pub(crate) async fn new(drift: &str, change: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(Platform::Plain).await;
        server.create("live", "template0").await;
        let at = folder.path();
        git(at, &["init", "-q", "-b", "main"]);
        for (name, text) in [("001_first.sql", FIRST), ("002_second.sql", SECOND)] {
            write(at, &format!("db/migrations/{name}"), text);
            server.run("postgres", "live", text).await.unwrap();
        }
        let base = commit(at);
        server.run("postgres", "live", drift).await.unwrap();
        for (name, text) in change {
            write(at, name, text);
        }
        let head = commit(at);
        Self {
            folder,
            server,
            base,
            head,
        }
    }

    /// A step of a workflow for the change.
    pub(crate) async fn step(
        &self,
        github: &GitHub,
        event: &str,
        inputs: &[(&str, &str)],
    ) -> Ended {
        let mut variables = github.variables(if event == "fork" {
            "pull_request"
        } else {
            event
        });
        // Equal projects have equal commits: a name after one is not this test's own.
        let outside = tempfile::tempdir().unwrap();
        let payload = outside.path().join("event.json");
        fs::write(&payload, self.payload(event).to_string()).unwrap();
        let at = self.folder.path().display().to_string();
        let set = |variables: &mut BTreeMap<String, String>, name: &str, value: &str| {
            variables.insert(name.to_owned(), value.to_owned());
        };
        set(
            &mut variables,
            "GITHUB_EVENT_PATH",
            payload.to_str().unwrap(),
        );
        set(&mut variables, "GITHUB_WORKSPACE", &at);
        set(&mut variables, "GITHUB_SHA", &self.head);
        set(&mut variables, "INPUT_EXPECTED", "db/migrations");
        set(&mut variables, "INPUT_TOKEN", "ghs_invented");
        set(
            &mut variables,
            "INPUT_LIVE",
            &self.server.url("postgres", "live"),
        );
        for (name, value) in inputs {
            // What is in capitals is a variable of the step, as its `env` says.
            let name = match name.chars().all(|c| c.is_ascii_uppercase()) {
                true => (*name).to_owned(),
                false => format!("INPUT_{}", name.to_uppercase()),
            };
            set(&mut variables, &name, value);
        }
        let folder = self.folder.path().to_owned();
        let run = tokio::task::spawn_blocking(move || {
            let run = Run::new(&["action"]).within(&folder);
            variables
                .iter()
                .fold(run, |run, (name, value)| run.env(name, value))
                .end()
        });
        run.await.unwrap()
    }

    fn payload(&self, event: &str) -> Value {
        let repository =
            json!({ "full_name": REPOSITORY, "default_branch": "main", "private": false });
        let (base, head) = (&self.base, &self.head);
        let branch = |sha: &str| json!({ "ref": "b", "sha": sha, "repo": repository });
        match event {
            "merge_group" => json!({
                "merge_group": { "head_sha": head, "base_sha": base }, "repository": repository
            }),
            "schedule" => json!({ "schedule": "17 2 * * *", "repository": repository }),
            "workflow_dispatch" => json!({
                "ref": "refs/heads/main", "inputs": {}, "repository": repository, "sender": { "login": "mira-holt" }
            }),
            "fork" => json!({
                "number": 7, "repository": repository, "sender": { "login": "guest" },
                "pull_request": {
                    "number": 7, "user": { "login": "guest" }, "base": branch(base),
                    "head": { "ref": "b", "sha": head, "repo": { "full_name": "guest/orchard" } }
                }
            }),
            _ => json!({
                "number": 7, "repository": repository, "sender": { "login": "mira-holt" },
                "pull_request": { "number": 7, "user": { "login": "mira-holt" }, "head": branch(head), "base": branch(base) }
            }),
        }
    }

    /// The comment as people read it, without what is another in every run.
    fn comment(&self, github: &GitHub) -> String {
        let state = github.state();
        assert_eq!(state.comments.len(), 1, "{:#?}", state.comments);
        let body = state.comments[0]["body"].as_str().unwrap();
        body.replace(&self.head, "HEAD")
            .replace(&self.base[..7], "BASE")
    }

    /// The comment against what somebody read and found good.
    fn assert_comment(&self, github: &GitHub, name: &str) {
        let filters = [
            (r"`[0-9a-f]{16,64}`", "`HASH`"),
            // Before versions are looked for: a slow run takes as many seconds.
            (r"\d+\.\d s<", "SECONDS<"),
            (r"1[3-8]\.\d+", "PG"),
            (r"`postgres://[^`]*`", "`postgres://LIVE`"),
            (r"\d+ kB", "SIZE"),
        ];
        insta::with_settings!({ filters => filters.to_vec() }, {
            insta::assert_snapshot!(name, self.comment(github));
        });
    }
}

pub(crate) fn git(at: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.email=mira@example.org",
            "-c",
            "user.name=Mira",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn write(at: &Path, name: &str, text: &str) {
    let path = at.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn commit(at: &Path) -> String {
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "--allow-empty", "-m", "A change"]);
    git(at, &["rev-parse", "HEAD"])
}

const ADDS: (&str, &str) = (
    "db/migrations/003_refunds.sql",
    "create table refunds (id bigint primary key, ord bigint references orders);\ncreate index on refunds (ord);\n",
);
const DROPS: (&str, &str) = (
    "db/migrations/003_drop.sql",
    "alter table notes drop column body;\nalter table customers add column since date;\n",
);

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_change_holds_and_is_told() {
    let project = Project::new("", &[ADDS]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    project.assert_comment(&github, "clean");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_column_is_said_to_lose_data() {
    let project = Project::new("", &[DROPS]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    project.assert_comment(&github, "dropped_column");
    let ended = project
        .step(&github, "pull_request", &[("fail-on", "warning")])
        .await;
    assert_eq!(ended.status, 1, "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_elsewhere_is_shown_and_fails_nothing_and_drift_that_is_touched_does() {
    let drift = "alter table orders disable row level security";
    let project = Project::new(drift, &[DROPS]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    project.assert_comment(&github, "drift_elsewhere");
    let ended = project
        .step(&github, "pull_request", &[("fail-on-drift", "always")])
        .await;
    assert_eq!(ended.status, 1, "{}", ended.stdout);

    let touches = (
        "db/migrations/003_paid.sql",
        "alter table orders add column paid boolean;\n",
    );
    let project = Project::new(drift, &[touches]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    project.assert_comment(&github, "drift_touched");
    let ended = project
        .step(&github, "pull_request", &[("fail-on-drift", "never")])
        .await;
    assert_eq!(ended.status, 0, "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_brings_a_hot_fix_home_is_shown_as_such() {
    let drift = "alter table customers add column email text";
    let fixes = (
        "db/migrations/003_email.sql",
        "alter table customers add column if not exists email text;\n",
    );
    let project = Project::new(drift, &[fixes]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    project.assert_comment(&github, "fixes_drift");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_fails_on_live_or_ends_elsewhere_is_found() {
    let drift = "create table refunds (id bigint primary key, ord text)";
    let project = Project::new(drift, &[ADDS]).await;
    let github = GitHub::start().await;
    let ended = project
        .step(&github, "pull_request", &[("report", "json=r.json")])
        .await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert!(
        codes(&project).contains(&"merge-fails".to_owned()),
        "{:?}",
        codes(&project)
    );
    project.assert_comment(&github, "fails_on_live");

    let bears = (
        ADDS.0,
        "create table if not exists refunds (id bigint primary key, ord bigint references orders);\n",
    );
    let project = Project::new(drift, &[bears]).await;
    let github = GitHub::start().await;
    let ended = project
        .step(&github, "pull_request", &[("report", "json=r.json")])
        .await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let codes = codes(&project);
    assert!(
        codes.contains(&"merge-ends-elsewhere".to_owned()),
        "{codes:?}"
    );
    assert!(!codes.contains(&"merge-fails".to_owned()), "{codes:?}");
}

const TARGETS: (&str, &str) = (
    "pgpact.toml",
    "[[target]]
name = \"east\"
live = \"env:EAST\"
[[target]]
name = \"west\"
live = \"env:WEST\"
",
);

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_held_against_each_target_and_told_once() {
    let project = Project::new("", &[DROPS, TARGETS]).await;
    project.server.create("west", "template0").await;
    for text in [FIRST, SECOND, "insert into notes values (1, 'a')"] {
        project.server.run("postgres", "west", text).await.unwrap();
    }
    let east = project.server.url("postgres", "live");
    let west = project.server.url("postgres", "west");
    let step = async |drift: &str| {
        project.server.run("postgres", "west", drift).await.unwrap();
        let github = GitHub::start().await;
        let inputs = [
            ("live", ""),
            ("report", "json=r.json"),
            ("EAST", east.as_str()),
            ("WEST", west.as_str()),
        ];
        let ended = project.step(&github, "pull_request", &inputs).await;
        (ended, github)
    };
    let (ended, github) = step("").await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let of = |code: &str| {
        let report = fs::read_to_string(project.folder.path().join("r.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings.into_iter().filter(|one| one["code"] == code);
        found.map(|one| one["targets"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("migration-loses-data"), [json!(["east", "west"])]);
    assert_eq!(github.state().comments.len(), 1);
    // Drift of one that the change touches fails the change, and is told of that one.
    let (ended, github) = step("alter table customers add column since text").await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(of("merge-fails"), [json!(["west"])]);
    assert_eq!(of("migration-loses-data"), [json!(["east", "west"])]);
    project.assert_comment(&github, "targets");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_touches_no_migration_holds_without_a_server_or_a_comment() {
    let project = Project::new("drop table notes", &[("README.md", "Hello\n")]).await;
    for event in ["pull_request", "merge_group"] {
        let github = GitHub::start().await;
        // Nobody could start a server there.
        let nowhere = [("scratch", "postgres://nobody@127.0.0.1:1/none")];
        let ended = project.step(&github, event, &nowhere).await;
        assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
        assert!(
            ended.stdout.contains("touches no migration"),
            "{}",
            ended.stdout
        );
        assert_eq!(github.state().check_runs[0]["conclusion"], "success");
        assert_eq!(github.state().comments.len(), 0);
    }
    // The configuration decides what is compared, so a change of it is looked at.
    write(
        project.folder.path(),
        "pgpact.toml",
        "fail_on = \"error\"\n",
    );
    let head = commit(project.folder.path());
    let project = Project { head, ..project };
    let github = GitHub::start().await;
    let always = [("fail-on-drift", "always")];
    assert_eq!(
        project.step(&github, "pull_request", &always).await.status,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_queue_and_a_fork_see_the_change() {
    let project = Project::new("", &[ADDS]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "merge_group", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("adds table public.refunds"),
        "{}",
        ended.stdout
    );
    assert_eq!(github.state().comments.len(), 0);

    let ended = project.step(&github, "merge_group", &[("live", "")]).await;
    assert_eq!(
        ended.status, 2,
        "a secret that is missing is an error where there should be one"
    );

    // A fork gets no secrets: its change is told, and that nobody looked at live.
    let github = GitHub::start().await;
    let ended = project.step(&github, "fork", &[("live", "")]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("adds table public.refunds"),
        "{}",
        ended.stdout
    );
    assert!(
        github.summary().contains("the live database"),
        "{}",
        github.summary()
    );
    assert_eq!(github.state().comments.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_of_depth_one_asks_github_for_the_base() {
    let project = Project::new(
        "",
        &[
            ADDS,
            (
                "db/migrations/002_second.sql",
                "create table notes (id bigint primary key, body text, more int);\n",
            ),
        ],
    )
    .await;
    let shallow = tempfile::tempdir().unwrap();
    let from = format!("file://{}", project.folder.path().display());
    git(shallow.path(), &["clone", "-q", "--depth", "1", &from, "."]);
    let github = GitHub::start().await;
    for (name, text) in [("001_first.sql", FIRST), ("002_second.sql", SECOND)] {
        let path = format!("db/migrations/{name}");
        let key = (project.base.clone(), path);
        github.state().files.insert(key, text.as_bytes().to_vec());
    }
    let project = Project {
        folder: shallow,
        ..project
    };
    let ended = project
        .step(&github, "pull_request", &[("report", "json=r.json")])
        .await;
    // An edited file is never run again, so live does not get what it says now.
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("adds table public.refunds"),
        "{}",
        ended.stdout
    );
    assert!(codes(&project).contains(&"migration-rewritten".to_owned()));
    // Only what differs is fetched: the listing, and the file that was edited.
    assert_eq!(github.count("GET", "/contents/db/migrations?"), 1);
    assert_eq!(github.count("GET", "001_first.sql"), 0);
    assert_eq!(github.count("GET", "002_second.sql"), 1);
}

fn codes(project: &Project) -> Vec<String> {
    let text = fs::read_to_string(project.folder.path().join("r.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

/// What the Supabase CLI keeps, for the first file and for a second with other text.
const HISTORY: &str = "
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    insert into supabase_migrations.schema_migrations (version, name) values ('001', 'first');
    insert into supabase_migrations.schema_migrations
    values ('002', array['create table notes (id bigint primary key, body text);'], 'second');";

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_is_told_apart_from_drift() {
    let drift = format!("drop function total_of; {HISTORY}");
    let project = Project::new(&drift, &[ADDS]).await;
    let github = GitHub::start().await;
    let report = [("report", "json=r.json")];
    let ended = project.step(&github, "pull_request", &report).await;
    // Live is what it says it ran; that the file says more is nothing that this change did.
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(codes(&project), ["migration-edited"]);
    project.assert_comment(&github, "edited_file");
    let ended = project.step(&github, "schedule", &report).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(codes(&project), ["migration-edited", "migration-unapplied"]);
    assert_eq!(github.state().issues.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_but_not_applied_and_applied_but_not_merged_have_names() {
    let drift = format!(
        "{HISTORY} delete from supabase_migrations.schema_migrations where version = '002'; drop function total_of; drop table notes"
    );
    let project = Project::new(&drift, &[ADDS]).await;
    let github = GitHub::start().await;
    let report = [("report", "json=r.json"), ("fail-on-drift", "always")];
    let ended = project.step(&github, "pull_request", &report).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(codes(&project), ["migration-unapplied"]);
    project.server.run("postgres", "live", &format!("{SECOND} {} insert into supabase_migrations.schema_migrations (version) values ('002'), ('003')", ADDS.1)).await.unwrap();
    let ended = project.step(&github, "pull_request", &report).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(codes(&project), ["migration-applied-early"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_no_drift_unless_strangers_reach_it_and_is_not_quoted() {
    let drift = format!(
        "drop function total_of; {HISTORY} insert into supabase_migrations.schema_migrations
         values ('003', array['select no_such_function(''hunter2-in-a-dashboard'')'], 'by_hand')"
    );
    let project = Project::new(&drift, &[]).await;
    let verify = || {
        let run = Run::new(&["verify", "--expected", "db/migrations", "--format", "json"]);
        let url = project.server.url("postgres", "live");
        run.env("DATABASE_URL", url)
            .within(project.folder.path())
            .end()
    };
    let quiet = verify();
    assert!(
        quiet.stdout.contains("migration-unknown"),
        "{}",
        quiet.stdout
    );
    assert!(
        quiet.stdout.contains("no_such_function"),
        "it fails, and that is told"
    );
    assert!(
        !quiet.stdout.contains("hunter2") && !quiet.stderr.contains("hunter2"),
        "{}",
        quiet.stdout
    );
    assert!(!quiet.stdout.contains("unexpected\""), "{}", quiet.stdout);

    let admin = project.server.scratch.admin();
    let open = "create role anon; grant usage on schema supabase_migrations to anon;
        grant all on supabase_migrations.schema_migrations to anon";
    project.server.run(admin, "live", open).await.unwrap();
    let opened = verify().json();
    let findings = opened["findings"].as_array().unwrap();
    let is_it = |finding: &&Value| {
        finding["severity"] == "critical"
            && finding["message"]
                .as_str()
                .unwrap()
                .contains("supabase_migrations")
    };
    assert!(findings.iter().any(|finding| is_it(&finding)), "{opened:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_allows_itself_advice_and_no_more() {
    let drift = "create table refunds (id bigint primary key, ord text)";
    let text = format!("-- pgpact: allow merge-fails because I say so\n{}", ADDS.1);
    let project = Project::new(drift, &[(ADDS.0, &text)]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);

    let text = "-- pgpact: allow migration-loses-data because nobody reads it\nalter table notes drop column body;\n";
    let project = Project::new("", &[("db/migrations/003_drop.sql", text)]).await;
    let github = GitHub::start().await;
    let strict = [("fail-on", "warning")];
    let ended = project.step(&github, "pull_request", &strict).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_is_under_way_is_waited_for() {
    let drift = format!(
        "{HISTORY} delete from supabase_migrations.schema_migrations where version = '002'; drop function total_of; drop table notes"
    );
    let project = Project::new(&drift, &[]).await;
    let url = project.server.url("postgres", "live");
    let folder = project.folder.path().to_owned();
    let waiting = tokio::task::spawn_blocking(move || {
        Run::new(&["verify", "--expected", "db/migrations", "--wait", "60"])
            .env("DATABASE_URL", url)
            .within(&folder)
            .end()
    });
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let deploy = format!(
        "{SECOND} insert into supabase_migrations.schema_migrations (version) values ('002')"
    );
    project
        .server
        .run("postgres", "live", &deploy)
        .await
        .unwrap();
    let ended = waiting.await.unwrap();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stderr.contains("waiting for migrations"),
        "{}",
        ended.stderr
    );
}

/// What would be critical as drift is not waved through because a migration does it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_opens_something_is_told_and_can_be_made_to_fail() {
    let opens = (
        "db/migrations/003_open.sql",
        "create policy all_of_it on orders using (true);\nalter table orders disable row level security;\n",
    );
    let project = Project::new("", &[opens]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let comment = project.comment(&github);
    assert!(comment.contains("change-widens-access"), "{comment}");
    assert!(comment.contains("rls-disabled"), "{comment}");
    assert!(comment.contains("003_open.sql"), "{comment}");

    let strict = "[severity]\nchange-widens-access = \"critical\"\n";
    let config = ("pgpact.toml", strict);
    let project = Project::new("", &[opens, config]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);

    let meant = format!(
        "-- pgpact: allow change-widens-access because it is public data\n{}",
        opens.1
    );
    let project = Project::new("", &[(opens.0, &meant), config]).await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

/// A pull request that only accepts more is looked at: nothing is waved through unseen.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_is_accepted_is_looked_at() {
    let project = Project::new(
        "alter table orders disable row level security",
        &[("pgpact.baseline.json", "{}")],
    )
    .await;
    let github = GitHub::start().await;
    let ended = project.step(&github, "pull_request", &[]).await;
    assert_ne!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_who_may_do_more_with_it() {
    let open = "create role clerks nologin;
grant usage on schema public to clerks;
grant select, update on orders to clerks;
create policy anybody on orders to clerks using (true);
";
    let project = Project::new("", &[("db/migrations/003_open.sql", open)]).await;
    let github = GitHub::start().await;
    let ended = project
        .step(&github, "pull_request", &[("access", "always")])
        .await;
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    let comment = project.comment(&github);
    let line =
        "admin, member, other-tenant and user may now **update rows of others**: policy anybody";
    assert!(comment.contains(line), "{comment}");
    assert!(comment.contains("access-leak"), "{comment}");
    // The same without being asked: nobody tries.
    let quiet = GitHub::start().await;
    project.step(&quiet, "pull_request", &[]).await;
    assert!(!project.comment(&quiet).contains("may now"));
}
