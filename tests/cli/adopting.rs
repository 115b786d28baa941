//! A history that does not replay from nothing: a saved contract is where it starts from.

use std::fs;

use pgpact::scratch::Platform;
use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;

/// What somebody made by hand before there were migrations, and a first migration that needs it.
const BY_HAND: &str = "
    create type mood as enum ('calm', 'cross');
    create table person (id int generated always as identity primary key, name text not null, feels mood default 'calm');
    create function greet(who text) returns text language sql return 'hello ' || who;
    create view people as select id, name from person where feels in ('calm', 'cross');
    alter table person enable row level security;
    create policy own on person using (name = current_user);
";
const FIRST: &str =
    "alter table person add column born date;\ncreate index person_born on person (born);\n";
const SECOND: &str = "-- Later.\nalter table person add column note varchar(20);\n\ncreate table pet (id int primary key, person_id int references person);\n";

struct Project {
    server: Server,
    folder: tempfile::TempDir,
    url: String,
}

impl Project {
    async fn new() -> Self {
        let server = Server::start(Platform::Plain).await;
        server.create("live", "template1").await;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("supabase/migrations")).unwrap();
        let url = server.url("postgres", "live");
        let project = Self {
            server,
            folder,
            url,
        };
        project.live(BY_HAND).await;
        project.live(FIRST).await;
        project
            .live(
                "create schema supabase_migrations;
                 create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
                 insert into supabase_migrations.schema_migrations values ('20250101000000', null, 'first')",
            )
            .await;
        project.migration("20250101000000_first.sql", FIRST);
        fs::write(
            project.folder.path().join("pgpact.toml"),
            "expected = [\"contract.json\", \"supabase/migrations\"]\nlive = \"env:LIVE\"\nplatform = \"plain\"\n",
        )
        .unwrap();
        project
    }

    async fn live(&self, script: &str) {
        self.server.run("postgres", "live", script).await.unwrap();
    }

    fn migration(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("supabase/migrations");
        fs::write(folder.join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Run::new(arguments)
            .within(self.folder.path())
            .env("LIVE", &self.url)
            .end()
    }

    fn save(&self) {
        let ended = self.run(&[
            "inventory",
            &self.url,
            "--platform",
            "plain",
            "--output",
            "contract.json",
        ]);
        assert_eq!(ended.status, 0, "{}", ended.stderr);
    }

    fn findings(&self) -> Vec<Value> {
        let ended = self.run(&["verify", "--format", "json"]);
        assert!(ended.status < 2, "{}{}", ended.stdout, ended.stderr);
        ended.json()["findings"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_migrations_are_replayed_on_a_saved_contract() {
    let project = Project::new().await;
    project.save();
    let saved = fs::read_to_string(project.folder.path().join("contract.json")).unwrap();
    assert!(saved.contains("20250101000000"), "{saved}");
    assert_eq!(project.findings(), Vec::<Value>::new());

    // Merged and not applied: said as that, and nothing else.
    project.migration("20250201000000_second.sql", SECOND);
    let findings = project.findings();
    let codes: Vec<_> = findings.iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["migration-unapplied"], "{findings:#?}");

    // Applied by hand and recorded: all holds.
    project.live(SECOND).await;
    project
        .live("insert into supabase_migrations.schema_migrations values ('20250201000000', null, 'second')")
        .await;
    let findings = project.findings();
    // The history table itself is in the saved contract: rows are not compared.
    assert_eq!(findings, Vec::<Value>::new());

    // Drift of what was saved, and of what a newer migration made: the line is that migration's.
    project
        .live("alter table person disable row level security; alter table pet drop column person_id; alter table person alter column note type text")
        .await;
    let findings = project.findings();
    let seen: Vec<(&str, String)> = findings
        .iter()
        .map(|finding| {
            let line = &finding["location"]["line"];
            (finding["code"].as_str().unwrap(), line.to_string())
        })
        .collect();
    assert!(
        seen.contains(&("rls-disabled", "null".to_owned())),
        "{findings:#?}"
    );
    assert!(
        seen.contains(&("column-missing", "4".to_owned())),
        "{findings:#?}"
    );
    assert!(
        seen.iter()
            .any(|(code, line)| code.starts_with("column-") && line == "2"),
        "{findings:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_holds_no_migrations_is_asked_for_again() {
    let project = Project::new().await;
    project
        .live("drop schema supabase_migrations cascade")
        .await;
    project.save();
    let ended = project.run(&["verify"]);
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("--contains") || ended.stderr.contains("--contains"));

    let ended = project.run(&[
        "inventory",
        &project.url,
        "--platform",
        "plain",
        "--contains",
        "supabase/migrations",
        "--output",
        "contract.json",
    ]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(project.findings(), Vec::<Value>::new());
    project.migration("20250201000000_second.sql", SECOND);
    let codes: Vec<Value> = project
        .findings()
        .iter()
        .map(|finding| finding["code"].clone())
        .collect();
    assert!(codes.contains(&"table-missing".into()), "{codes:?}");
}

/// It brings live to what the saved contract and the newer migrations come to, with proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconcile_goes_by_both() {
    let project = Project::new().await;
    project.save();
    project.migration("20250201000000_second.sql", SECOND);
    project.live(SECOND).await;
    project
        .live("insert into supabase_migrations.schema_migrations values ('20250201000000', null, 'second');
               drop policy own on person; alter table person drop column note")
        .await;
    let ended = project.run(&["reconcile", "--output", "plan.sql"]);
    assert!(ended.status < 2, "{}{}", ended.stdout, ended.stderr);
    let plan = fs::read_to_string(project.folder.path().join("plan.sql")).unwrap();
    project.live(&plan).await;
    assert_eq!(project.findings(), Vec::<Value>::new());
}

/// Somebody ran two files from a dashboard, which recorded them under times of its own, the other way round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_is_proven_before_it_is_believed() {
    let says = |second: &'static str, third: &'static str| async move {
        let project = Project::new().await;
        fs::remove_file(project.folder.path().join("pgpact.toml")).unwrap();
        fs::remove_file(
            project
                .folder
                .path()
                .join("supabase/migrations/20250101000000_first.sql"),
        )
        .unwrap();
        project.live("drop table person cascade; drop function greet; drop type mood; truncate supabase_migrations.schema_migrations").await;
        for (version, statement) in [("20250301111111", third), ("20250301222222", second)] {
            project
                .live(&format!(
                    "{statement};
                     insert into supabase_migrations.schema_migrations values ('{version}', array[$s${statement}$s$], 'x')"
                ))
                .await;
        }
        project.migration("20250201000000_second.sql", &format!("{second};\n"));
        project.migration("20250202000000_third.sql", &format!("{third};\n"));
        let ended = project.run(&[
            "verify",
            "--platform",
            "plain",
            "--expected",
            "supabase/migrations",
            "--live",
            &project.url,
            "--format",
            "json",
        ]);
        let report = ended.json();
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().unwrap().to_owned();
                format!("{}: {} / {}", text("code"), text("message"), text("help"))
            })
            .collect::<Vec<_>>()
    };
    // Neither needs the other.
    let apart = says("create table a (id int)", "create table b (id int)").await;
    assert_eq!(apart.len(), 2, "{apart:#?}");
    for finding in &apart {
        assert!(finding.starts_with("migration-renamed"), "{finding}");
        assert!(finding.contains("Proven by replay"), "{finding}");
    }
    // What they come to depends on which is first.
    let bound = says(
        "create or replace function f() returns int language sql as 'select 1'",
        "create or replace function f() returns int language sql as 'select 2'",
    )
    .await;
    let parted: Vec<_> = bound
        .iter()
        .filter(|finding| finding.starts_with("migration-repair-differs"))
        .collect();
    assert_eq!(parted.len(), 1, "{bound:#?}");
    assert!(
        parted[0].contains("function:public.f() differs"),
        "{parted:?}"
    );
    assert!(
        bound.iter().all(|finding| !finding.contains("Proven")),
        "{bound:#?}"
    );
}

/// Live has what the saved contract says before the next migration is run, in a session of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_sets_is_in_force_for_newer_migrations() {
    let project = Project::new().await;
    project
        .live("create schema app; alter database live set search_path = app, public")
        .await;
    project.save();
    let script = "create table stray (id int);";
    project.migration("20250201000000_second.sql", script);
    project
        .live(
            "insert into supabase_migrations.schema_migrations values ('20250201000000', null, 'second');
             set search_path = app, public; create table stray (id int)",
        )
        .await;
    assert_eq!(project.findings(), Vec::<Value>::new());
}
