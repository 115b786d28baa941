//! What a plan says beside its statements: rows in the way, sizes, what a person has to do.

use pgpact::scratch::Platform;

use crate::support::binary::Run;
use crate::support::drifted::Drifted;
use crate::support::postgres::Server;

const PEOPLE: &str = "
create table people (id bigint primary key, email text not null);
create unique index people_email_idx on people (lower(email) desc);";

const LOOSE_PEOPLE: &str = "
create table people (id bigint primary key, email text);
insert into people values (7, null), (8, 'Ann'), (9, 'ann');
analyze people;";

#[tokio::test]
async fn rows_in_the_way_are_counted_and_shown_only_when_asked_for() {
    let drifted = Drifted::new(PEOPLE, LOOSE_PEOPLE).await;
    let plan = drifted.reconcile(&[]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    let counts = [
        "In the way now: 1 row of public.people with null in email.",
        "In the way now: 1 key held by more than one row of public.people against people_email_idx.",
    ];
    for count in counts {
        assert!(plan.stdout.contains(count), "{}", plan.stdout);
    }
    assert!(!plan.stdout.contains("such as"), "{}", plan.stdout);

    let shown = drifted.reconcile(&["--show-rows"]);
    for key in ["such as id = 7.", "such as lower(email) = ann."] {
        assert!(shown.stdout.contains(key), "{}", shown.stdout);
    }
}

#[tokio::test]
async fn what_is_read_or_written_is_measured() {
    let drifted = Drifted::new(PEOPLE, LOOSE_PEOPLE).await;
    let plan = drifted.reconcile(&[]);
    assert!(
        plan.stdout.contains("reads every row; 32 kB, about 3 rows"),
        "{}",
        plan.stdout
    );
    let plan = drifted.reconcile(&["--format", "json"]).json();
    let steps = plan["steps"].as_array().unwrap();
    let scans = |step: &&serde_json::Value| step["risk"]["scans"] == true;
    assert!(steps.iter().any(|step| scans(&step)));
    for step in steps.iter().filter(scans) {
        assert_eq!(step["risk"]["size"]["rows"], 3, "{step}");
    }
    let wrong = drifted.reconcile(&["--format", "markdown"]);
    assert_eq!(wrong.status, 2, "{}", wrong.stdout);
}

#[tokio::test]
async fn a_secret_that_is_not_known_is_left_to_a_person() {
    let drifted = Drifted::new("", "select 1").await;
    let server = &drifted.server;
    server.create("wanted", "template1").await;
    let secret = "alter database wanted set app.jwt_secret = 'nobody-may-see'";
    let set = server.run(server.scratch.admin(), "wanted", secret).await;
    set.unwrap();
    let wanted = server.url("postgres", "wanted");
    let saved = drifted.run(&["inventory", &wanted, "--output", "wanted.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let plan = drifted.run(&["reconcile", "-q", "--expected", "wanted.json"]);
    assert_eq!(plan.status, 1, "{}{}", plan.stdout, plan.stderr);
    assert!(plan.stdout.contains("Proven"), "{}", plan.stdout);
    let withheld = plan.stdout.split("-- Withheld:").nth(1).unwrap();
    assert!(
        withheld.contains("set it by hand: alter database … set app.jwt_secret = '…'"),
        "{withheld}"
    );
    assert!(!plan.stdout.contains("nobody-may-see"), "{}", plan.stdout);

    let other = "alter database shop set app.jwt_secret = 'another'";
    let set = server.run(server.scratch.admin(), "shop", other).await;
    set.unwrap();
    let plan = drifted.run(&["reconcile", "-q", "--expected", "wanted.json"]);
    assert_eq!(plan.status, 1, "{}{}", plan.stdout, plan.stderr);
    assert!(plan.stdout.contains("set it by hand"), "{}", plan.stdout);
}

#[tokio::test]
async fn a_contract_saved_without_dependencies_is_compared_but_not_planned_with() {
    let drifted = Drifted::new(PEOPLE, LOOSE_PEOPLE).await;
    let saved = drifted.run(&["inventory", "wanted.sql", "--output", "saved.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let with_saved = |command| drifted.run(&[command, "--expected", "saved.json"]);
    let plan = with_saved("reconcile");
    assert_eq!(plan.status, 0, "{}", plan.stderr);
    assert!(plan.stdout.contains("Proven"), "{}", plan.stdout);

    let path = drifted.folder.path().join("saved.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    old.as_object_mut().unwrap().remove("knows_needs");
    std::fs::write(&path, old.to_string()).unwrap();
    let plan = with_saved("reconcile");
    assert_eq!(plan.status, 2, "{}", plan.stdout);
    assert!(plan.stderr.contains("snapshot-invalid"), "{}", plan.stderr);
    assert!(plan.stderr.contains("Save it again"), "{}", plan.stderr);
    assert_eq!(with_saved("verify").status, 1);
}

#[tokio::test]
async fn what_takes_a_superuser_is_named_and_the_rest_is_proven() {
    let drifted = Drifted::new("", PEOPLE).await;
    let server = &drifted.server;
    let only_superusers = "
        create role boss superuser;
        set role boss;
        create foreign data wrapper ours;
        create server far foreign data wrapper ours;
        create foreign table public.there (id bigint) server far;
        create operator family public.odd using btree;
        create view public.looks as select id from public.there;
        reset role";
    let made = server.run(server.scratch.admin(), "shop", only_superusers);
    made.await.unwrap();
    let saved = drifted.run(&["inventory", &drifted.url(), "--output", "wanted.json"]);
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let change = "alter table people add column age int; alter table people drop column email";
    server.run("postgres", "shop", change).await.unwrap();
    let server_options = "
        alter server far options (host 'elsewhere');
        create role reader; grant select on pg_catalog.pg_authid to reader";
    let changed = server.run(server.scratch.admin(), "shop", server_options);
    changed.await.unwrap();

    let arguments = ["reconcile", "-q", "--expected", "wanted.json"];
    let plan = drifted.run(&[&arguments[..], &["--allow", "drop-column"]].concat());
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    assert!(plan.stdout.contains("Proven on"), "{}", plan.stdout);
    let mut lines = plan.stdout.lines();
    let named = lines.find(|line| line.contains("Not proven for")).unwrap();
    for name in [
        "foreign-data-wrapper:ours",
        "operator-family:public.odd",
        "grant:table pg_catalog.pg_authid to reader",
    ] {
        assert!(named.contains(name), "{named}");
    }
    assert!(!named.contains("people"), "{named}");
    assert!(
        plan.stdout.contains("drop column if exists age"),
        "{}",
        plan.stdout
    );
    assert!(plan.stdout.contains("alter server far"), "{}", plan.stdout);
}

const PAYMENTS: &str = "
create type status as enum ('open', 'paid');
create table payments (at date, status status) partition by range (at);
create table payments_2025 partition of payments for values from ('2025-01-01') to ('2026-01-01');
create table payments_2026 partition of payments for values from ('2026-01-01') to ('2027-01-01');
alter table payments enable row level security;";

const OLD_PAYMENTS: &str = "
create type status as enum ('open');
create table payments (at date, status status, memo text) partition by range (at);
create table payments_2024 partition of payments for values from ('2024-01-01') to ('2025-01-01');
create table payments_old partition of payments for values from ('2025-06-01') to ('2026-01-01');
create table refunds (status status);";

#[tokio::test]
async fn only_what_cannot_be_without_it_waits_for_what_is_withheld() {
    let drifted = Drifted::new(PAYMENTS, OLD_PAYMENTS).await;
    let plan = drifted.reconcile(&[]);
    assert!(
        plan.stdout.contains("Proven"),
        "{}{}",
        plan.stdout,
        plan.stderr
    );
    let (done, withheld) = plan.stdout.split_once("-- Withheld:").unwrap();
    for statement in [
        "alter type public.status add value if not exists 'paid' after 'open'",
        "create table if not exists public.payments_2026",
        "alter table public.payments enable row level security",
    ] {
        assert!(done.contains(statement), "{}", plan.stdout);
    }
    assert!(!done.contains("payments_2025"), "{}", plan.stdout);
    assert!(
        withheld.contains("it waits for table:public.payments_old, which is withheld"),
        "{}",
        plan.stdout
    );
    let plan = drifted.reconcile(&["--allow", "drop-table,drop-column"]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
}

/// Supabase's tool runs a file in a transaction: what cannot be in one would never be deployed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_for_a_tool_that_runs_it_in_a_transaction_begins_none() {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("supabase/migrations");
    std::fs::create_dir_all(&migrations).unwrap();
    let table = "create table t (id int primary key, a int);";
    let rest = "create index t_a on t (a); create unique index t_u on t (a, id); alter table t add constraint c check (a > 0);
                alter table t add unique (id, a);";
    std::fs::write(
        migrations.join("20250101000000_all.sql"),
        format!("{table} {rest}"),
    )
    .unwrap();
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template0").await;
    server.run("postgres", "live", table).await.unwrap();
    let run = |arguments: &[&str]| {
        Run::new(arguments)
            .within(folder.path())
            .env("PGPACT_LIVE", server.url("postgres", "live"))
            .end()
    };
    let ended = run(&[
        "reconcile",
        "--platform",
        "plain",
        "--output",
        "supabase/migrations",
    ]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    let mut written: Vec<_> = std::fs::read_dir(&migrations)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    written.sort();
    let plan = std::fs::read_to_string(&written[1]).unwrap();
    // All of it in one message is one transaction.
    server.run("postgres", "live", &plan).await.unwrap();
    server.run("postgres", "live", &plan).await.unwrap();
    let ended = run(&["verify", "--platform", "plain"]);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test]
async fn no_table_becomes_unlogged_under_the_key_of_one_that_is_kept() {
    let live = "
        create table people (id int primary key);
        create table visits (person int references people);
        create table notes (person int references people);";
    let wanted = "
        create unlogged table people (id int primary key);
        create unlogged table visits (person int references people);";
    let drifted = Drifted::new(wanted, live).await;
    let plan = drifted.reconcile(&[]);
    let (done, withheld) = plan.stdout.split_once("-- Withheld:").unwrap();
    assert!(
        done.contains("Proven") && done.contains("public.visits set unlogged"),
        "{done}"
    );
    assert!(
        withheld.contains("table:public.people: it waits for table:public.notes"),
        "{withheld}"
    );
    let plan = drifted.reconcile(&["--allow", "drop-table"]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
}

/// The session that runs the plan may have another path than the database will give.
#[tokio::test]
async fn functions_are_evaluated_with_the_path_that_the_contract_gives_the_database() {
    let live = "
        create schema app;
        create table app.people (id int);
        insert into app.people values (1);
        create function app.count() returns bigint language plpgsql as 'begin return (select count(*) from people); end'";
    let wanted = format!(
        "{live};
        do $$ begin execute format('alter database %I set search_path = app, public', current_database()); end $$;
        set search_path = app, public;
        alter table people add column rank bigint default app.count();
        create materialized view counted as select app.count()"
    );
    let drifted = Drifted::new(&wanted, live).await;
    let plan = drifted.reconcile(&[]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    let path = "set search_path to app, public;";
    assert!(
        plan.stdout.contains("Proven") && plan.stdout.contains(path),
        "{}",
        plan.stdout
    );
}

#[tokio::test]
async fn a_role_that_nobody_makes_stands_in_the_proof_and_is_named() {
    let wanted = "create table people (id int); grant select on people to passers_by;";
    let drifted = Drifted::new(wanted, "create table people (id int)").await;
    let plan = drifted.reconcile(&[]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    assert!(
        plan.stdout.contains("Proven without role passers_by"),
        "{}",
        plan.stdout
    );
}

/// Postgres prints arguments without a name all alike, so that its own print cannot be read.
#[tokio::test]
async fn arguments_without_names_are_told_apart_in_a_parsed_body() {
    let joined = |first: u8, second: u8| {
        format!(
            "create function joined(text, text, suffix text) returns text language sql
             begin atomic select ${first} || ${second} || suffix; end;"
        )
    };
    for (wanted, live) in [
        (joined(1, 2), "select 1".to_owned()),
        ("select 1".to_owned(), joined(1, 2)),
        (joined(1, 2), joined(2, 1)),
    ] {
        let plan = Drifted::new(&wanted, &live).await.reconcile(&[]);
        assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
        assert!(plan.stdout.contains("Proven"), "{}", plan.stdout);
    }
}
