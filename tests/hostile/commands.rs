//! Every command that replays migrations is as careful as `verify`.

use std::fs;

use pgpact::scratch::Platform;

use super::{ADMINS, Case, marks};
use crate::support::postgres::{Server, installation};

const COMMANDS: &[&[&str]] = &[
    &["diff", "--from", "migrations", "--to", "live.sql"],
    &["lint", "migrations"],
    &["access", "migrations"],
    &["reconcile", "--expected=migrations", "--live=live.sql"],
    // Live's event triggers are rebuilt for the proof, and nobody trusts live either.
    &[
        "reconcile",
        "--expected=live.sql",
        "--live=migrations",
        "--allow=all",
    ],
];

fn tried_by_all(name: &str, platforms: &[(&str, &str)]) {
    for (platform, admin) in platforms {
        for command in COMMANDS {
            let case = Case::new(name, admin);
            if case
                .major()
                .is_some_and(|major| installation(major).is_none())
            {
                return;
            }
            let ended = case.start(command).arg("--platform").arg(platform).end();
            assert!(
                (0..=3).contains(&ended.status),
                "{command:?}: {}{}",
                ended.stdout,
                ended.stderr
            );
            assert_eq!(
                marks(case.folder.path()),
                Vec::<std::path::PathBuf>::new(),
                "{command:?}"
            );
            case.contained(&ended);
        }
    }
}

#[test]
fn no_command_runs_an_event_trigger_as_the_superuser() {
    tried_by_all("event_trigger", &ADMINS[..1]);
}

#[test]
fn no_command_connects_into_an_event_trigger() {
    tried_by_all("login", &ADMINS[..1]);
}

#[test]
fn no_command_calls_what_shadows_the_catalog() {
    tried_by_all("shadows", &ADMINS[..1]);
}

/// The expected schema is renamed on the scratch, by its superuser.
#[tokio::test]
async fn a_renaming_for_tenants_fires_no_event_trigger() {
    let server = Server::start(Platform::Plain).await;
    server.create("shops", "template1").await;
    let tenant = "create schema shop_a; create table shop_a.kept (id int)";
    server.run("postgres", "shops", tenant).await.unwrap();
    let case = Case::new("event_trigger", "pgpact_admin");
    let contract = format!(
        "create schema tenant; create table tenant.kept (id int);\n{}",
        case.text
            .replace("grant select on public.kept to somebody_made_up;", "")
    );
    case.write("contract.sql", &contract);
    case.write(
        "pgpact.toml",
        "expected = \"contract.sql\"\n[[target]]\nname = \"shops\"\nlive = \"env:LIVE\"\nschemas = \"shop_*\"\nexpected_schema = \"tenant\"\n",
    );
    let ended = case
        .start(&["verify", "--format=json", "--platform=plain"])
        .env("LIVE", server.url("postgres", "shops"))
        .end();
    // What it makes besides is not in live.
    assert_eq!(
        ended.json()["targets"][0]["verdict"],
        "broken",
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    case.contained(&ended);
    assert!(fs::metadata(case.folder.path().join("mark")).is_err());
}
