//! Which schemas an API serves, and as which roles: said by a setting, a file, the configuration, or by nobody.

use std::collections::BTreeSet;
use std::fs;

use pgpact::scratch::Platform;
use serde_json::Value;

use super::{found, lint};
use crate::support::binary::Run;
use crate::support::postgres::Server;

/// Tables without row security in two schemas, both granted to everybody.
const TWO: &str = "create schema api; create table api.a (id bigint primary key); grant usage on schema api to public;
create table public.b (id bigint primary key); grant select on api.a, public.b to public;
create table public.c (id bigint primary key, parent bigint references public.b (id));";

fn open(report: &Value) -> Vec<String> {
    let lines = found(report, &[]).into_iter();
    lines
        .filter(|line| line.starts_with("lint-rls-disabled"))
        .collect()
}

fn gaps(report: &Value) -> String {
    report["coverage"]["not_compared"].to_string()
}

/// Lints a file in a folder of its own, with a configuration.
fn with(config: &str, sql: &str, platform: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pgpact.toml"), config).unwrap();
    fs::write(folder.path().join("schema.sql"), sql).unwrap();
    let arguments = ["lint", "-q", "--platform", platform, "schema.sql"];
    let run = Run::new(&arguments).env("PGPACT_FORMAT", "json");
    run.within(folder.path()).end().json()
}

#[test]
fn without_roles_of_requests_what_they_reach_is_not_looked_at() {
    let report = with("", TWO, "plain");
    let all = found(&report, &[]);
    let expected = "lint-foreign-key-unindexed constraint:public.c.c_parent_fkey".to_owned();
    assert_eq!(all, BTreeSet::from([expected]));
    let gaps = gaps(&report);
    for what in [
        "which tables requests reach",
        "which functions requests call",
        "views of the API",
    ] {
        assert!(gaps.contains(what), "{gaps}");
    }
}

#[test]
fn public_is_served_where_nobody_says_what() {
    let report = with("", TWO, "supabase");
    assert_eq!(
        open(&report),
        [
            "lint-rls-disabled table:public.b",
            "lint-rls-disabled table:public.c"
        ]
    );
    assert!(
        gaps(&report).contains("nothing says which it serves"),
        "{}",
        gaps(&report)
    );
}

#[test]
fn a_setting_of_authenticator_says_what_is_served_and_the_configuration_goes_before_it() {
    let set = format!("{TWO} alter role authenticator set pgrst.db_schemas = 'api, \"Other\"';");
    let report = with("", &set, "supabase");
    assert_eq!(open(&report), ["lint-rls-disabled table:api.a"]);
    assert!(!gaps(&report).contains("nothing says"), "{}", gaps(&report));
    let report = with("[lint]\napi_schemas = [\"public\"]\n", &set, "supabase");
    assert_eq!(open(&report).len(), 2);
}

#[test]
fn roles_of_another_api_are_named_in_the_configuration() {
    let sql = format!("create role web; create role guest; grant web to guest; revoke select on all tables in schema public from public; {TWO}
        revoke select on public.b from public; grant select on public.b to web;");
    let report = with("[lint]\napi_roles = [\"guest\"]\n", &sql, "plain");
    assert_eq!(open(&report), ["lint-rls-disabled table:public.b"]);
    let unknown = with("[lint]\napi_roles = [\"nobody\"]\n", &sql, "plain");
    assert_eq!(open(&unknown), [""; 0]);
    assert!(
        gaps(&unknown).contains("which tables requests reach"),
        "{}",
        gaps(&unknown)
    );
}

#[test]
fn a_schema_that_roles_may_not_use_is_not_reached() {
    let sql = format!("{TWO} revoke usage on schema public from public, anon, authenticated;");
    assert_eq!(open(&with("", &sql, "supabase")), [""; 0]);
}

#[test]
fn the_project_file_says_what_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("supabase/migrations");
    fs::create_dir_all(&migrations).unwrap();
    fs::write(
        folder.path().join("supabase/config.toml"),
        "[api]\nschemas = [\"api\"]\n",
    )
    .unwrap();
    fs::write(migrations.join("20260101000000_first.sql"), TWO).unwrap();
    let run = Run::new(&["lint", "-q", "supabase/migrations"]).env("PGPACT_FORMAT", "json");
    let report = run.within(folder.path()).end().json();
    assert_eq!(open(&report), ["lint-rls-disabled table:api.a"]);
    let location = &report["findings"][0]["location"];
    assert_eq!(
        location["file"],
        "supabase/migrations/20260101000000_first.sql"
    );
}

#[tokio::test]
async fn a_plain_database_is_read_as_well() {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template1").await;
    server.run("postgres", "live", TWO).await.unwrap();
    let url = server.url("postgres", "live");
    let report = lint(&[&url]).json();
    let expected = "lint-foreign-key-unindexed constraint:public.c.c_parent_fkey".to_owned();
    assert_eq!(found(&report, &[]), BTreeSet::from([expected]));
    // The roles alone, as a test database has them: the database says what is served.
    let roles = "create role anon; create role authenticated";
    server
        .run(server.scratch.admin(), "live", roles)
        .await
        .unwrap();
    let served = "alter database live set pgrst.db_schemas = 'api'";
    server
        .run(server.scratch.admin(), "live", served)
        .await
        .unwrap();
    assert_eq!(
        open(&lint(&[&url]).json()),
        ["lint-rls-disabled table:api.a"]
    );
}
