//! The fixture project against every drift beside it: exactly the findings that its list names.

use std::fs;
use std::path::PathBuf;

use pgpact::progress::Silent;
use pgpact::scratch::{Choice, Environment, Platform};
use pgpact::source::{Loader, Place, Source, Sources};

use crate::support::postgres::{Server, compare, spelled};
use crate::support::repository;

fn drifts() -> Vec<PathBuf> {
    let pattern = repository("fixtures/projects/keyring/live-*.sql");
    let found = glob::glob(pattern.to_str().unwrap()).unwrap();
    let drifts = found.map(Result::unwrap);
    drifts
        .filter(|path| !path.to_str().unwrap().ends_with(".undo.sql"))
        .collect()
}

fn findings_of(path: &std::path::Path) -> Vec<String> {
    let text = fs::read_to_string(path.with_extension("findings")).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn every_drift_gives_exactly_its_findings() {
    let mut server = Server::start(Platform::Supabase).await;
    server.shows_roles = true;
    let migrations = repository("fixtures/projects/keyring/supabase/migrations");
    let sources = Sources::new(vec![Source::Migrations(Place::on_disk(&migrations))]).unwrap();
    let environment = Environment {
        platform: Platform::Supabase,
        migration_role: "postgres".to_owned(),
        exposes_new_objects: true,
    };
    let choice = Choice::default();
    let loader = Loader {
        choice: &choice,
        environment: &environment,
        with_needs: false,
        progress: &Silent,
    };
    let mut expected = loader.load(&sources).await.unwrap();
    assert_eq!(expected.outcome.failures, []);
    let scope = Platform::Supabase.scope(Vec::new());
    scope.limit_expected(&mut expected.contract, &expected.provenance);

    // Live is made by another road: the same files as psql would run them, on a server of its own.
    server.build_keyring("keyring").await;
    let mut live = server.read("keyring").await;
    scope.limit_live(&mut live, &expected.contract);
    assert_eq!(
        compare(&expected.contract, &live),
        [],
        "an undrifted database is silent"
    );

    let drifts = drifts();
    assert!(
        drifts.len() >= 80,
        "only {} drifts were found",
        drifts.len()
    );
    let mut wrong = Vec::new();
    for drift in drifts {
        server.create("drifted", "keyring").await;
        let script = fs::read_to_string(&drift).unwrap();
        // What only a superuser may do is told by the name; what is the whole server's is undone.
        let is_admins = drift.to_str().unwrap().ends_with(".admin.sql");
        let role = if is_admins {
            server.scratch.admin()
        } else {
            "postgres"
        };
        server.run(role, "drifted", &script).await.unwrap();
        let mut live = server.read("drifted").await;
        if let Ok(undo) = fs::read_to_string(drift.with_extension("undo.sql")) {
            server.run(role, "drifted", &undo).await.unwrap();
        }
        server.drop("drifted").await;
        scope.limit_live(&mut live, &expected.contract);
        let mut found: Vec<String> = compare(&expected.contract, &live)
            .iter()
            .map(spelled)
            .collect();
        found.sort();
        let listed = findings_of(&drift);
        if found != listed {
            wrong.push(format!(
                "{}\n  found  {found:#?}\n  listed {listed:#?}",
                drift.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
