//! What it says when it cannot look: never green, never a secret, always what to do.

use std::fs;
use std::net::TcpListener;

use pgpact::scratch::Platform;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::Server;

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";
/// Shows up in no output, neither as it is nor percent-encoded.
const CANARY: &str = "c4n4ry-Pa55%2Fw%40rd";
const CANARY_PLAIN: &str = "c4n4ry-Pa55/w@rd";

fn assert_unknown(ended: &Ended, code: &str) {
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["verdict"], "unknown");
    assert_eq!(report["error"]["code"], code, "{report}");
    assert!(
        report["error"]["help"]
            .as_str()
            .is_some_and(|help| !help.is_empty()),
        "{report}"
    );
}

fn assert_no_secret(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            !text.contains("c4n4ry") && !text.contains(CANARY_PLAIN) && !text.contains(CANARY),
            "{text}"
        );
    }
}

#[test]
fn an_unreachable_database_is_unknown_in_every_format() {
    let url = format!("postgres://u:{CANARY}@127.0.0.1:1/x");
    for format in ["json", "text", "markdown"] {
        let ended = Run::new(&[
            "verify",
            "-vv",
            "--expected",
            MIGRATIONS,
            "--format",
            format,
        ])
        .env("PGPACT_LIVE", &url)
        .end();
        assert_eq!(ended.status, 3);
        assert_no_secret(&ended);
        if format == "json" {
            assert_unknown(&ended, "live-unreachable");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_unknown_and_not_shown() {
    let server = Server::start(Platform::Plain).await;
    server.demand_passwords().await;
    let url = server.url(&format!("postgres:{CANARY}"), "postgres");
    let run = || {
        Run::new(&[
            "verify",
            "-vv",
            "--format",
            "json",
            "--expected",
            MIGRATIONS,
        ])
    };
    let ended = run().env("PGPACT_LIVE", &url).end();
    assert_unknown(&ended, "live-refused");
    assert_no_secret(&ended);

    // The right one, with characters that have to be percent-encoded, is not shown either.
    server.set_password("postgres", CANARY_PLAIN).await;
    let ended = run().env("PGPACT_LIVE", &url).end();
    assert_eq!(ended.status, 1, "{}{}", ended.stdout, ended.stderr);
    assert_no_secret(&ended);
}

#[test]
fn a_connection_string_that_cannot_be_read_is_not_shown() {
    let url = format!("postgres://u:{CANARY}@host:notaport/x");
    let ended = Run::new(&["verify", "--expected", MIGRATIONS])
        .env("PGPACT_LIVE", &url)
        .end();
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    assert_no_secret(&ended);
}

#[test]
fn a_database_that_never_answers_ends_in_a_time_out() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x", silent.local_addr().unwrap());
    let ended = Run::new(&[
        "verify",
        "--timeout",
        "1",
        "--format",
        "json",
        "--expected",
        MIGRATIONS,
    ])
    .env("PGPACT_LIVE", url)
    .end();
    assert_unknown(&ended, "timed-out");
}

#[test]
fn a_missing_server_names_the_package_to_install() {
    let ended = Run::new(&[
        "verify",
        "--format",
        "json",
        "--expected",
        MIGRATIONS,
        "--live",
        MIGRATIONS,
    ])
    .env("PGPACT_PG_BIN", "/nonexistent")
    .end();
    assert_unknown(&ended, "scratch-unavailable");
}

#[test]
fn bad_configuration_names_file_line_and_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("pgpact.toml"),
        "# ours\nexpcted = \"x\"\n",
    )
    .unwrap();
    let ended = Run::new(&["verify"]).within(folder.path()).end();
    assert_eq!(ended.status, 2);
    assert!(
        ended
            .stderr
            .contains("pgpact.toml:2: unknown key \"expcted\""),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("Did you mean \"expected\"?"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stdout, "");
}

#[test]
fn wrong_usage_exits_with_two() {
    for arguments in [
        &["verify", "--fial-on", "error"][..],
        &["verify", "--expected", "nowhere", "--live", "nowhere"],
        &["verify", "--expected", "README.md", "--live", MIGRATIONS],
        &["verify", "--expected", MIGRATIONS],
        &[
            "verify",
            "--schema",
            "pubilc",
            "--expected",
            MIGRATIONS,
            "--live",
            MIGRATIONS,
        ],
        &["verify", "--expected", "src", "--live", MIGRATIONS],
    ] {
        let ended = Run::new(arguments).end();
        assert_eq!(
            ended.status, 2,
            "{arguments:?}: {}{}",
            ended.stdout, ended.stderr
        );
        let said = ended.stdout + &ended.stderr;
        assert!(said.contains("help:") || said.contains("tip:"), "{said}");
    }
}

#[test]
fn an_empty_directory_is_no_contract() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    let ended = Run::new(&[
        "verify",
        "--format",
        "json",
        "--expected",
        empty,
        "--live",
        MIGRATIONS,
    ])
    .end();
    assert_eq!(ended.status, 2, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.json()["verdict"], "unknown");
}

#[test]
fn never_failing_hides_findings_but_not_a_missing_verdict() {
    let drift = "fixtures/projects/keyring/live-thirty.sql";
    let ended = Run::new(&[
        "verify",
        "--fail-on",
        "never",
        "--format",
        "json",
        "--expected",
        MIGRATIONS,
        "--live",
        MIGRATIONS,
        "--live",
        drift,
    ])
    .end();
    assert_eq!(ended.status, 0);
    assert_eq!(ended.json()["verdict"], "broken");
    let ended = Run::new(&[
        "verify",
        "--fail-on",
        "never",
        "--format",
        "json",
        "--expected",
        MIGRATIONS,
    ])
    .env("PGPACT_LIVE", "postgres://u@127.0.0.1:1/x")
    .end();
    assert_unknown(&ended, "live-unreachable");
}

#[test]
fn a_connection_string_in_another_spelling_is_not_repeated() {
    for url in [
        "postgres://postgres:p@c4n4ry/w:rd@127.0.0.1:1/shop",
        "host=127.0.0.1 user=postgres password='c4n4ry' dbname=shop",
        "postgres:/postgres:c4n4ry@127.0.0.1/shop",
        "postgres://postgres@127.0.0.1:1/shop?sslmod=c4n4ry",
    ] {
        let ended = Run::new(&["verify", "-vv", "--expected", MIGRATIONS])
            .env("DATABASE_URL", url)
            .end();
        assert_eq!(ended.status, 2, "{url}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains("help:"), "{}", ended.stderr);
        assert_no_secret(&ended);
    }
}
