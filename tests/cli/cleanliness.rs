//! Ended at any moment, it leaves no server, folder or database behind.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pgpact::scratch::Platform;

use crate::support::binary::Run;
use crate::support::postgres::Server;
use crate::support::tidy::{left_behind, temporary};

const MIGRATIONS: &str = "fixtures/projects/keyring/supabase/migrations";

fn start(folder: &Path) -> std::process::Child {
    let run = Run::new(&[
        "verify",
        "-q",
        "--expected",
        MIGRATIONS,
        "--live",
        MIGRATIONS,
    ]);
    run.env("TMPDIR", folder).spawn()
}

/// Waits until the run has got so far; the moment differs from machine to machine, the stage does not.
fn wait_for(folder: &Path, what: &str) {
    let begin = Instant::now();
    loop {
        let pattern = format!("{}/pgpact-*/{what}", folder.display());
        let pattern = pattern.trim_end_matches('/');
        if glob::glob(pattern).unwrap().next().is_some() {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{what} never came"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_signal_at_any_stage_leaves_nothing() {
    for stage in ["", "data/global", "data/postmaster.pid", ".s.PGSQL.5432"] {
        for name in ["INT", "TERM"] {
            let folder = temporary();
            let mut child = start(folder.path());
            wait_for(folder.path(), stage);
            signal(&child, name);
            let status = child.wait().unwrap();
            assert_eq!(
                left_behind(folder.path()),
                Vec::<String>::new(),
                "after {name} at {stage}"
            );
            assert_eq!(status.code(), Some(130), "after {name} at {stage}");
        }
    }
}

#[test]
fn what_a_kill_leaves_the_next_run_removes() {
    for stage in ["", "data/global", ".s.PGSQL.5432"] {
        let folder = temporary();
        let mut child = start(folder.path());
        wait_for(folder.path(), stage);
        signal(&child, "KILL");
        child.wait().unwrap();
        assert_ne!(left_behind(folder.path()), Vec::<String>::new());
        assert!(start(folder.path()).wait().unwrap().success());
        assert_eq!(
            left_behind(folder.path()),
            Vec::<String>::new(),
            "after a kill at {stage}"
        );
    }
}

#[tokio::test]
async fn a_given_server_is_left_as_it_was() {
    let server = Server::start(Platform::Plain).await;
    let url = server.url(server.scratch.admin(), "postgres");
    let before = server.databases_and_roles().await;
    let run = || {
        Run::new(&[
            "verify",
            "-q",
            "--expected",
            MIGRATIONS,
            "--live",
            MIGRATIONS,
        ])
        .env("PGPACT_SCRATCH", &url)
    };
    let ended = run().end();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let databases = |listing: &[String]| -> Vec<String> {
        listing
            .iter()
            .filter(|name| name.contains("pgpact_scratch") || name.contains("pgpact_login"))
            .cloned()
            .collect()
    };
    assert_eq!(
        databases(&server.databases_and_roles().await),
        Vec::<String>::new()
    );

    let mut child = run().spawn();
    let begin = Instant::now();
    while databases(&server.databases_and_roles().await).is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60));
    }
    signal(&child, "TERM");
    child.wait().unwrap();
    assert_eq!(
        databases(&server.databases_and_roles().await),
        Vec::<String>::new(),
        "after TERM"
    );
    let mut child = run().spawn();
    while databases(&server.databases_and_roles().await).is_empty() {}
    signal(&child, "KILL");
    child.wait().unwrap();
    assert_eq!(run().end().status, 0);
    assert_eq!(
        databases(&server.databases_and_roles().await),
        Vec::<String>::new(),
        "after KILL and another run"
    );
    assert!(before.iter().all(|name| !name.contains("pgpact_scratch")));
}
