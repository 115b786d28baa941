//! Where it cannot try, it says why and what would help, and never passes.

use pgpact::scratch::Platform;

use super::Peopled;
use crate::support::binary::Run;
use crate::support::postgres::Server;

#[tokio::test]
async fn a_login_that_cannot_switch_roles_is_told_the_grant() {
    let peopled = Peopled::new().await;
    let admin = peopled.server.scratch.admin();
    let script = "create role \"Watcher\" login";
    peopled.server.run(admin, "live", script).await.unwrap();
    let smoke = || {
        Run::new(&["smoke", "-q", "--format", "json"])
            .within(peopled.folder.path())
            .env("PGPACT_LIVE", peopled.server.url("Watcher", "live"))
            .end()
    };
    let ended = smoke();
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["verdict"], "unknown");
    assert_eq!(report["error"]["code"], "live-refused");
    let help = report["error"]["help"].as_str().unwrap();
    let (_, rest) = help.split_once('`').unwrap();
    let (grant, _) = rest.split_once('`').unwrap();
    assert_eq!(
        grant,
        "grant anon, authenticated, service_role to \"Watcher\";"
    );
    // What it says helps.
    peopled.server.run(admin, "live", grant).await.unwrap();
    let ended = smoke();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test]
async fn a_plain_postgres_is_told_apart() {
    let server = Server::start(Platform::Plain).await;
    server.create("shop", "template1").await;
    let folder = tempfile::tempdir().unwrap();
    let ended = Run::new(&["smoke", "-q", "--format", "json"])
        .within(folder.path())
        .env("PGPACT_LIVE", server.url("postgres", "shop"))
        .end();
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    let message = ended.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("has no role anon, authenticated, service_role"),
        "{message}"
    );
}

#[tokio::test]
async fn a_database_without_rows_is_no_pass() {
    let server = Server::start(Platform::Supabase).await;
    let table =
        "create table public.notes (id int primary key, user_id uuid references auth.users);
        alter table public.notes enable row level security;";
    server.create("live", "postgres").await;
    server.run("postgres", "live", table).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ended = Run::new(&["smoke", "-q", "--format", "json"])
        .within(folder.path())
        .env("PGPACT_LIVE", server.url("postgres", "live"))
        .end();
    assert_eq!(ended.status, 3, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.json()["error"]["code"], "nothing-proven");
}
