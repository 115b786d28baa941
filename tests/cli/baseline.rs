//! Adopting pgpact on a database that has drifted.

use std::fs;
use std::path::Path;

use pgpact::scratch::Platform;
use tempfile::TempDir;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;

/// A contract of two tables, and live that lacks an index and has a table and a column of its own.
async fn drifted() -> (Server, TempDir, String) {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template0").await;
    let folder = tempfile::tempdir().unwrap();
    let contract = "create table notes (id bigint primary key, body text);
        create table tags (id bigint primary key, name text not null);
        create index tags_name on tags (name);";
    fs::write(folder.path().join("schema.sql"), contract).unwrap();
    let drift = "drop index tags_name; alter table notes alter body set default '';
        create table legacy (id bigint); alter table tags alter name drop not null;";
    server.run("postgres", "live", contract).await.unwrap();
    server.run("postgres", "live", drift).await.unwrap();
    let url = server.url("postgres", "live");
    (server, folder, url)
}

fn pgpact(folder: &Path, url: &str, arguments: &[&str]) -> Ended {
    let all = [
        arguments,
        &["--expected", "schema.sql", "--fail-on", "note"],
    ]
    .concat();
    Run::new(&all).env("DATABASE_URL", url).within(folder).end()
}

fn counting(folder: &Path, url: &str) -> Vec<String> {
    let report = pgpact(folder, url, &["verify", "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let counting = findings.filter(|finding| finding["ignored"].is_null());
    counting
        .map(|finding| {
            format!(
                "{} {}",
                finding["code"].as_str().unwrap(),
                finding["object"].as_str().unwrap()
            )
        })
        .collect()
}

#[tokio::test]
async fn accepted_findings_are_bound_to_what_they_were_and_only_get_fewer() {
    let (server, folder, url) = drifted().await;
    let at = folder.path();
    assert_eq!(pgpact(at, &url, &["verify"]).status, 1);
    let taken = pgpact(at, &url, &["baseline"]);
    assert_eq!(taken.status, 0, "{}{}", taken.stdout, taken.stderr);
    assert!(taken.stdout.contains("4 accepted"), "{}", taken.stdout);
    let held = pgpact(at, &url, &["verify"]);
    assert_eq!(held.status, 0, "{}", held.stdout);
    assert!(held.stdout.contains("4 ignored"), "{}", held.stdout);

    // The same fact of the same object in another way is another finding, and so is what an accepted table gets.
    let more = "alter table notes alter body set default 'x'; alter table legacy add secret text";
    server.run("postgres", "live", more).await.unwrap();
    let mut found = counting(at, &url);
    found.sort();
    let wanted = [
        "baseline-gone pgpact.baseline.json",
        "default-unexpected public.notes.body",
        "table-unexpected public.legacy",
    ];
    assert_eq!(found, wanted);

    // It shrinks by itself and takes in nothing that nobody asked for.
    let shrunk = pgpact(at, &url, &["baseline"]);
    assert!(
        shrunk.stdout.contains("2 kept, 2 gone, 2 new not accepted"),
        "{}",
        shrunk.stdout
    );
    assert_eq!(pgpact(at, &url, &["verify"]).status, 1);
    let grown = pgpact(at, &url, &["baseline", "--accept-new"]);
    assert!(
        grown.stdout.contains("2 kept, 0 gone, 2 new accepted"),
        "{}",
        grown.stdout
    );
    assert_eq!(pgpact(at, &url, &["verify"]).status, 0);
}

#[tokio::test]
async fn a_baseline_that_cannot_be_read_is_an_error_and_stays_as_it_is() {
    let (_server, folder, url) = drifted().await;
    let path = folder.path().join("pgpact.baseline.json");
    fs::write(&path, "{ \"baseline_version\": 2, \"accepted\": [] }").unwrap();
    for command in ["verify", "baseline"] {
        let ended = pgpact(folder.path(), &url, &[command]);
        assert_eq!(ended.status, 2, "{}", ended.stdout);
        assert!(
            ended.stderr.contains("pgpact.baseline.json") && ended.stderr.contains("version 2"),
            "{}",
            ended.stderr
        );
    }
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\"baseline_version\": 2")
    );
}
