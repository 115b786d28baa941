//! Histories that do not replay, and SQL that should not be trusted.

use std::fs;

use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::drifted::Drifted;

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn verify(folder: &tempfile::TempDir, more: &[&str]) -> Ended {
    let mut arguments = vec![
        "verify",
        "--format",
        "json",
        "--expected",
        "migrations",
        "--live",
        "live.sql",
    ];
    arguments.extend(more);
    Run::new(&arguments)
        .within(folder.path())
        .env("GITHUB_TOKEN", "canary-token")
        .end()
}

fn finding<'a>(report: &'a Value, code: &str, object: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found = findings.filter(|finding| {
        finding["code"] == code && finding["object"].as_str().unwrap().contains(object)
    });
    found
        .next()
        .unwrap_or_else(|| panic!("no {code} of {object} in {report:#}"))
}

#[test]
fn a_failing_statement_is_a_finding_and_the_rest_goes_on() {
    let folder = project(&[
        (
            "migrations/1_first.sql",
            "create table kept (id int primary key);\n\ncreate table broken (\n  id int,\n  total numeric chekc (total > 0)\n);\nalter table broken enable row level security;\ncreate table after_it (id int);\n",
        ),
        (
            "live.sql",
            "create table kept (id int primary key); create table broken (id int); create table after_it (id int);",
        ),
    ]);
    let ended = verify(&folder, &[]);
    assert_eq!(ended.status, 1);
    let report = ended.json();
    let failure = finding(&report, "migration-failed", "1_first.sql:5");
    assert_eq!(failure["severity"], "error");
    assert_eq!(failure["location"]["file"], "migrations/1_first.sql");
    assert_eq!(failure["location"]["line"], 5);
    assert!(
        failure["message"]
            .as_str()
            .unwrap()
            .contains("syntax error at or near \"chekc\"")
    );
    assert!(
        failure["expected"]
            .as_str()
            .unwrap()
            .starts_with("create table broken")
    );
    let second = finding(&report, "migration-failed", "1_first.sql:7");
    assert!(
        second["message"]
            .as_str()
            .unwrap()
            .contains("follows from migrations/1_first.sql:5")
    );
    // Live has what the failing statement would have made: a consequence, not drift.
    let consequence = finding(&report, "table-unexpected", "public.broken");
    assert_eq!(consequence["severity"], "note");
    assert!(
        consequence["message"]
            .as_str()
            .unwrap()
            .contains("failed in the replay")
    );
    assert_eq!(
        report["findings"].as_array().unwrap().len(),
        3,
        "{report:#}"
    );

    let strict = verify(&folder, &["--strict-replay"]);
    assert_eq!(strict.status, 3);
    assert_eq!(strict.json()["error"]["code"], "migration-failed");
    assert!(
        strict.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("migrations/1_first.sql:5")
    );
}

#[test]
fn a_statement_that_only_writes_rows_does_not_break_the_contract() {
    let folder = project(&[
        (
            "migrations/1.sql",
            "create table t (id int primary key);\ninsert into t values (1), (1);\ncreate index on t (id);\n",
        ),
        (
            "live.sql",
            "create table t (id int primary key); create index on t (id);",
        ),
    ]);
    let ended = verify(&folder, &[]);
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert_eq!(
        finding(&ended.json(), "migration-data-failed", "1.sql:2")["severity"],
        "warning"
    );
}

#[test]
fn what_the_tool_runs_outside_a_transaction_is_run_as_it_would() {
    let folder = project(&[
        ("supabase/config.toml", ""),
        ("supabase/migrations/1_a.sql", "create table t (id int, kind text);"),
        ("supabase/migrations/2_b.sql", "create index concurrently t_id on t (id);"),
        ("supabase/migrations/3_c.sql", "select 1;\ncreate index concurrently t_kind on t (kind);\nvacuum t;"),
        ("supabase/migrations/4_d.sql", "create type mood as enum ('a');\nalter type mood add value 'b';"),
        ("supabase/migrations/5_e.sql", "create table m (x mood default 'b');\nalter type mood add value 'c';\ncreate table late (x mood default 'c');"),
        ("supabase/migrations/6_f.sql", "begin;\ncreate table g (id int);\ncommit;\nset search_path to extensions;"),
        ("supabase/migrations/7_g.sql", "create table h (id int);"),
        ("supabase/migrations/notes.sql", "nonsense"),
        ("live.sql", "create table t (id int, kind text); create index t_id on t (id); create index t_kind on t (kind);
            create type mood as enum ('a', 'b', 'c'); create table m (x mood default 'b'); create table late (x mood default 'c');
            create table g (id int); create table h (id int);"),
    ]);
    let arguments = [
        "verify",
        "--format",
        "json",
        "--expected",
        "supabase/migrations",
        "--live",
        "live.sql",
    ];
    let report = Run::new(&arguments).within(folder.path()).end().json();
    // A new value of an enum may be used once its file is committed, not before.
    assert_eq!(
        finding(&report, "migration-failed", "5_e.sql")["location"]["line"],
        3
    );
    assert_eq!(
        finding(&report, "table-unexpected", "public.late")["severity"],
        "note"
    );
    let skipped: Vec<u64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "migration-not-run")
        .map(|finding| finding["location"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(skipped, [2, 3]);
    let gaps = report["coverage"]["not_compared"].to_string();
    assert!(gaps.contains("notes.sql"), "{gaps}");
    assert_eq!(
        report["findings"].as_array().unwrap().len(),
        4,
        "{report:#}"
    );
}

#[test]
fn untrusted_sql_reaches_neither_the_host_nor_our_environment() {
    let attacks = [
        "copy (select 1) to program 'id > /tmp/pwned'",
        "create table loot (line text); copy loot from program 'env'",
        "copy loot from '/proc/self/environ'",
        "grant pg_execute_server_program to current_user",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "alter system set log_statement = 'all'",
        "set session authorization supabase_admin",
        "set role supabase_admin",
        "alter role postgres superuser",
        "create role evil superuser",
        "create function f() returns int language c as 'libc', 'system'",
        "drop event trigger _pgpact_record",
        "drop schema _pgpact cascade",
    ];
    let text: String = attacks
        .iter()
        .map(|attack| format!("{attack};\n"))
        .collect();
    let folder = project(&[
        ("migrations/1.sql", &text),
        ("live.sql", "create table loot (line text);"),
    ]);
    let ended = verify(&folder, &["--platform", "supabase"]);
    let report = ended.json();
    let failed = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "migration-failed")
        .count();
    assert_eq!(failed, attacks.len(), "{report:#}");
    assert!(!ended.stdout.contains("canary-token"));
    assert!(!std::path::Path::new("/tmp/pwned").exists());
}

#[test]
fn a_stand_in_serves_for_an_extension_that_the_server_lacks() {
    let script = "create extension vector with schema extensions;
        create table docs (id int primary key, embedding extensions.vector(3));
        create index docs_hnsw on docs using hnsw (embedding extensions.vector_cosine_ops) with (m = 8, ef_construction = 32);
        create extension if not exists pg_cron;
        select cron.schedule('nightly', '0 3 * * *', 'select 1');
        do $$ begin create extension if not exists http; end $$;
        create extension nowhere_to_be_found;";
    let folder = project(&[("migrations/1.sql", script), ("live.sql", script)]);
    let ended = verify(&folder, &["--platform", "supabase"]);
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    let report = ended.json();
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{report:#}");
    let gaps = report["coverage"]["not_compared"].to_string();
    for extension in ["vector", "pg_cron", "http", "nowhere_to_be_found"] {
        assert!(
            gaps.contains(&format!("inside of extension {extension}")),
            "{gaps}"
        );
    }
    fs::write(
        folder.path().join("live.sql"),
        script.replace("m = 8", "m = 16"),
    )
    .unwrap();
    let ended = verify(&folder, &["--platform", "supabase"]);
    assert_eq!(
        ended.findings(),
        ["note index-changed index:public.docs_hnsw options"]
    );
}

#[test]
fn a_file_that_is_no_text_costs_the_verdict_with_its_name() {
    let folder = project(&[("live.sql", "select 1;")]);
    fs::create_dir(folder.path().join("migrations")).unwrap();
    fs::write(
        folder.path().join("migrations/1.sql"),
        b"select 1;\nselect '\xff';",
    )
    .unwrap();
    let ended = verify(&folder, &[]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("migrations/1.sql:2 is not UTF-8")
    );
}

#[test]
fn a_role_that_no_migration_makes_is_made_up_and_named() {
    let script = "create table t (id int); grant select on t to reporting;";
    let folder = project(&[("migrations/1.sql", script), ("live.sql", script)]);
    let ended = verify(&folder, &[]);
    assert_eq!(ended.status, 0, "{}", ended.stdout);
    assert!(
        ended.json()["coverage"]["not_compared"]
            .to_string()
            .contains("role reporting")
    );
}

#[test]
fn nothing_after_an_unclosed_parenthesis_goes_unsaid() {
    let folder = project(&[
        (
            "migrations/1.sql",
            "create table t (i int);\ncreate policy p on t using ((select 1 = i);\nalter table t enable row level security;\n",
        ),
        ("live.sql", "create table t (i int);"),
    ]);
    let ended = verify(&folder, &[]);
    assert_eq!(ended.status, 1, "{}", ended.stdout);
    let report = ended.json();
    let lines: Vec<u64> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "migration-failed")
        .map(|finding| finding["location"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2], "{report:#}");
    assert_eq!(verify(&folder, &["--strict-replay"]).status, 3);
}

#[test]
fn a_policy_that_somebody_put_on_the_platforms_tables_is_seen() {
    let folder = project(&[
        (
            "supabase/migrations/1_a.sql",
            "create policy mine on storage.objects for select to authenticated using (bucket_id = 'a');",
        ),
        (
            "live.sql",
            "create policy open on storage.objects for all to public using (true) with check (true);
            alter table storage.objects disable row level security;",
        ),
    ]);
    let arguments = [
        "verify",
        "--format",
        "json",
        "--expected",
        "supabase/migrations",
        "--live",
        "supabase/migrations",
        "--live",
        "live.sql",
    ];
    let ended = Run::new(&arguments).within(folder.path()).end();
    assert_eq!(
        ended.findings(),
        [
            "critical policy-unexpected policy:storage.objects.open -",
            "critical rls-disabled table:storage.objects row_security"
        ]
    );
}

#[tokio::test]
async fn findings_on_what_belongs_to_the_server_point_at_a_migration() {
    let wanted = "create role clerk nologin;
create role boss nologin;
alter role clerk nologin
  connection limit 3;
grant clerk to boss;
do $$ begin
  create role runner noinherit nologin;
end $$;
comment on role boss is 'the boss';
alter role runner set statement_timeout = '3s';
grant create on database shop to clerk;
create table t (a int);
grant select on t to clerk, boss, runner;
grant select on t to nobody_made_this_one;
create role late nologin;
grant select on t to late;";
    let live = "create role clerk nologin; create role boss nologin; create role runner nologin;
        create table t (a int); grant select on t to clerk, boss, runner;";
    let drifted = Drifted::new(&wanted.replace("database shop", "database postgres"), live).await;
    let ended = drifted.run(&[
        "verify",
        "-q",
        "--expected",
        "wanted.sql",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let at = |code: &str, object: &str| -> u64 {
        let found = findings
            .iter()
            .find(|one| one["code"] == code && one["object"] == object);
        let found = found.unwrap_or_else(|| panic!("{code} {object} in {findings:#?}"));
        found["location"]["line"].as_u64().unwrap_or(0)
    };
    assert_eq!(at("role-changed", "clerk"), 3);
    assert_eq!(at("role-membership-missing", "clerk to boss"), 5);
    // The block begins there.
    assert_eq!(at("role-changed", "runner"), 6);
    assert_eq!(at("comment-missing", "role boss"), 9);
    assert_eq!(at("role-setting-missing", "runner.statement_timeout"), 10);
    assert_eq!(at("role-missing", "late"), 15);
}
