//! Which migrations a database has, read from the tables that migration tools keep.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pgpact::contract::Contract;
use pgpact::inspect::{Content, Histories, Session};
use pgpact::scratch::{Choice, Environment, Platform, Scratch};
use pgpact::source::{Kept, Known, Migrations, known, migrations, standing};

use crate::support::postgres::{Server, compare, spelled};

async fn histories(server: &Server, role: &str, database: &str) -> Histories {
    let target = server.scratch.connection(role, database);
    let mut session = Session::open(&target, Duration::from_secs(10))
        .await
        .unwrap();
    let histories = session.histories().await.unwrap();
    session.close().await;
    histories
}

/// One line an entry.
fn told(histories: &Histories) -> String {
    let mut lines = Vec::new();
    for recorded in &histories.recorded {
        let up_to = recorded.up_to.as_deref().unwrap_or("-");
        lines.push(format!(
            "{} {} {up_to}",
            recorded.tool.name(),
            recorded.table
        ));
        for entry in &recorded.entries {
            let content = match &entry.content {
                Content::Statements(statements) => format!("{statements:?}"),
                Content::Checksum(checksum) => checksum.clone(),
                Content::Nothing => "-".to_owned(),
            };
            let name = entry.name.as_deref().unwrap_or("-");
            let state = if entry.has_failed {
                "failed"
            } else {
                "applied"
            };
            lines.push(format!(
                "  {} | {name} | {content} | {state}",
                entry.version
            ));
        }
    }
    lines.extend(
        histories
            .hidden
            .iter()
            .map(|hidden| format!("{}: {}", hidden.gap.what, hidden.gap.why)),
    );
    lines.join("\n")
}

const SUPABASE: &str = "
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    insert into supabase_migrations.schema_migrations values
      ('20250102000000', array['create table b ()', E'select \\'x\\' -- y'], 'b'),
      ('20250101000000', null, null);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn supabases_history_is_read_with_its_statements() {
    let server = Server::start(Platform::Plain).await;
    server.create("kept", "template1").await;
    server.run("postgres", "kept", SUPABASE).await.unwrap();
    insta::assert_snapshot!(told(&histories(&server, "postgres", "kept").await), @r#"
    supabase supabase_migrations.schema_migrations -
      20250101000000 | - | - | applied
      20250102000000 | b | ["create table b ()", "select 'x' -- y"] | applied
    "#);

    // Before there were names and statements.
    server.create("old", "template1").await;
    let old = "
        create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key);
        insert into supabase_migrations.schema_migrations values ('20220101000000');";
    server.run("postgres", "old", old).await.unwrap();
    insta::assert_snapshot!(told(&histories(&server, "postgres", "old").await), @r"
    supabase supabase_migrations.schema_migrations -
      20220101000000 | - | - | applied
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_may_not_be_read_says_what_would_help() {
    let server = Server::start(Platform::Plain).await;
    server.create("hidden", "template1").await;
    server.run("postgres", "hidden", SUPABASE).await.unwrap();
    let script = "
        create role watcher login;
        create table public._sqlx_migrations (version bigint primary key, description text not null,
          installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
          execution_time bigint not null);
        alter table public._sqlx_migrations enable row level security;
        grant select on public._sqlx_migrations to watcher;";
    server
        .run(server.scratch.admin(), "hidden", script)
        .await
        .unwrap();
    let found = histories(&server, "watcher", "hidden").await;
    assert_eq!(found.recorded, []);
    insta::assert_snapshot!(told(&found), @r"
    migrations recorded in public._sqlx_migrations: row security hides rows of public._sqlx_migrations from the login; a policy for watcher would show them
    migrations recorded in supabase_migrations.schema_migrations: the login may not read supabase_migrations.schema_migrations; `grant usage on schema supabase_migrations to watcher; grant select on supabase_migrations.schema_migrations to watcher` would let it
    ");
}

/// As each tool makes its table, and what it writes when things go well, fail, are taken back and tried again.
const TOOLS: &[&str] = &[
    "create table _sqlx_migrations (version bigint primary key, description text not null,
       installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null,
       execution_time bigint not null);
     insert into _sqlx_migrations values
       (1, 'first', now(), true, '\\xabcd', 5), (2, 'second one', now(), false, '\\x01', -1);",
    "create table _prisma_migrations (id varchar(36) primary key not null, checksum varchar(64) not null,
       finished_at timestamptz, migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
       started_at timestamptz not null default now(), applied_steps_count integer not null default 0);
     insert into _prisma_migrations values
       ('a', 'c1', '2025-01-01', '1_first', null, null, '2025-01-01', 1),
       ('b', 'c2', null, '2_second', 'it failed', '2025-01-03', '2025-01-02', 0),
       ('c', 'c3', '2025-01-04', '2_second', null, null, '2025-01-04', 1),
       ('d', 'c4', null, '3_third', 'it failed', null, '2025-01-05', 0);",
    "create schema drizzle;
     create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
     insert into drizzle.__drizzle_migrations (hash, created_at) values ('h1', 1700000000001), ('h2', 1700000000002);",
    "create table flyway_schema_history (installed_rank int not null primary key, version varchar(50),
       description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, checksum integer,
       installed_by varchar(100) not null, installed_on timestamp not null default now(),
       execution_time integer not null, success boolean not null);
     insert into flyway_schema_history values
       (1, '1', 'baseline', 'BASELINE', 'baseline', null, 'x', now(), 0, true),
       (2, '1.1', 'one', 'SQL', 'V1_1__one.sql', -17, 'x', now(), 1, true),
       (3, '2', 'two', 'SQL', 'V2__two.sql', 18, 'x', now(), 1, true),
       (4, '2', 'two', 'UNDO_SQL', 'U2__two.sql', 19, 'x', now(), 1, true),
       (5, null, 'a view', 'SQL', 'R__a_view.sql', 20, 'x', now(), 1, true),
       (6, null, 'a view', 'SQL', 'R__a_view.sql', 21, 'x', now(), 1, true),
       (7, '3', 'code', 'JDBC', 'db.migration.V3__code', null, 'x', now(), 1, true),
       (8, '4', 'four', 'SQL', 'V4__four.sql', 22, 'x', now(), 1, false);",
    "create table refinery_schema_history (version int4 primary key, name varchar(255), applied_on varchar(255),
       checksum varchar(255));
     insert into refinery_schema_history values (1, 'first', '2025-01-01T00:00:00Z', '12345678901234567890');",
    "create table goose_db_version (id serial not null, version_id bigint not null, is_applied boolean not null,
       tstamp timestamp default now(), primary key (id));
     insert into goose_db_version (version_id, is_applied) values
       (0, true), (1, true), (2, true), (3, true), (3, false), (2, false), (2, true);",
    "create table schema_migrations (version varchar(255) primary key);
     insert into schema_migrations values ('20250102'), ('20250101');",
    "create schema moved; create table moved.schema_migrations (version bigint not null primary key, dirty boolean not null);
     insert into moved.schema_migrations values (7, true);",
    // Ecto's, which Supabase's own services keep, is nobody's here.
    "create schema realtime; create table realtime.schema_migrations (version bigint primary key, inserted_at timestamp(0));",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tools_history_is_read_by_its_look() {
    let server = Server::start(Platform::Plain).await;
    server.create("tools", "template1").await;
    for script in TOOLS {
        server.run("postgres", "tools", script).await.unwrap();
    }
    insta::assert_snapshot!(told(&histories(&server, "postgres", "tools").await), @r"
    drizzle drizzle.__drizzle_migrations -
      1700000000001 | - | h1 | applied
      1700000000002 | - | h2 | applied
    golang-migrate moved.schema_migrations 7
      7 | - | - | failed
    prisma public._prisma_migrations -
      1_first | - | c1 | applied
      2_second | - | c3 | applied
      3_third | - | c4 | failed
    sqlx public._sqlx_migrations -
      1 | first | abcd | applied
      2 | second one | 01 | failed
    flyway public.flyway_schema_history 1
      1.1 | one | -17 | applied
       | a view | 21 | applied
      4 | four | 22 | failed
    goose public.goose_db_version -
      1 | - | - | applied
      2 | - | - | applied
    refinery public.refinery_schema_history -
      1 | first | 12345678901234567890 | applied
    dbmate public.schema_migrations -
      20250101 | - | - | applied
      20250102 | - | - | applied
    ");
}

/// What migrations build from nothing.
async fn built(
    batches: &[(
        Vec<pgpact::scratch::MigrationFile>,
        pgpact::scratch::Atomicity,
    )],
) -> Contract {
    let environment = Environment {
        platform: Platform::Plain,
        migration_role: "postgres".to_owned(),
        exposes_new_objects: true,
    };
    let choice = Choice {
        bin: std::env::var_os("PGPACT_PG_BIN").map(PathBuf::from),
        ..Choice::default()
    };
    let scratch = Scratch::start(&choice, environment).await.unwrap();
    let (reading, outcome) = scratch
        .elaborate(batches, false, &pgpact::progress::Silent)
        .await
        .unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    reading.contract
}

fn repository(files: &[(&str, &str)]) -> Migrations {
    let files = files.iter().map(|(name, text)| {
        let path = format!("supabase/migrations/{name}");
        (PathBuf::from(path), text.as_bytes().to_vec())
    });
    migrations(&Kept::new(files), Path::new("supabase/migrations")).unwrap()
}

/// An assistant ran the second file under a time of its own, the first was edited, and somebody ran a third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_of_what_is_recorded_is_what_live_has() {
    let server = Server::start(Platform::Plain).await;
    server.create("live", "template1").await;
    let ran = [
        (
            "20250101000000",
            "first",
            "create table a (i int default 1)",
        ),
        ("20250102112233", "second", "create table b (i int)"),
        ("20250103000000", "theirs", "create table c (i int)"),
    ];
    let mut script = SUPABASE.split("insert").next().unwrap().to_owned();
    for (version, name, sql) in ran {
        script.push_str(&format!(
            "{sql}; insert into supabase_migrations.schema_migrations values ('{version}', array['{sql}'], '{name}');"
        ));
    }
    server.run("postgres", "live", &script).await.unwrap();
    let files = repository(&[
        (
            "20250101000000_first.sql",
            "-- edited\ncreate table a (i int default 2);\n",
        ),
        (
            "20250102000000_second.sql",
            "-- as it was\nCREATE TABLE b (i int);\n",
        ),
        ("20250104000000_fourth.sql", "create table d (i int);\n"),
    ]);

    let histories = histories(&server, "postgres", "live").await;
    let Known::Recorded(recorded) = known(&files, &histories) else {
        panic!("no history in {histories:?}");
    };
    let found = standing(&files, recorded);
    let findings: Vec<String> = found
        .remarks
        .iter()
        .map(|remark| remark.finding(&Default::default()))
        .map(|finding| {
            format!(
                "{} {}\n  {}\n  {}",
                finding.severity.as_str(),
                finding.code,
                finding.message,
                finding.help
            )
        })
        .collect();
    insta::assert_snapshot!(findings.join("\n"), @r"
    error migration-edited
      supabase/migrations/20250101000000_first.sql was edited after it was applied: supabase_migrations.schema_migrations keeps the statements that were run, and the file differs
      Put the file back to what was run (`supabase migration fetch` writes it), and make the change in a new migration. If live was changed by hand to agree with the file: `supabase migration repair --status reverted 20250101000000`, then `--status applied 20250101000000`.
    warning migration-renamed
      supabase/migrations/20250102000000_second.sql is applied, and recorded as 20250102112233: the content is the same
      Rename it: `git mv supabase/migrations/20250102000000_second.sql supabase/migrations/20250102112233_second.sql`. Or correct the record: `supabase migration repair --status reverted 20250102112233` and `supabase migration repair --status applied 20250102000000`.
    error migration-unknown
      20250103000000 (theirs) is applied and not in the repository: supabase_migrations.schema_migrations has it, no file is for it
      If a branch has the file, merge it. Else `supabase migration fetch` writes it from what live keeps; or, if it was taken back, `supabase migration repair --status reverted 20250103000000`.
    error migration-unapplied
      supabase/migrations/20250104000000_fourth.sql is not applied: supabase_migrations.schema_migrations has no record of it
      Deploy it with `supabase db push`.
    ");
    assert_eq!(found.unapplied, [2]);

    let mut live = server.read("live").await;
    live.objects
        .retain(|id, _| !id.path.contains("supabase_migrations"));
    let replayed = server_less(built(&found.batches()).await);
    let drift: Vec<String> = compare(&replayed, &live).iter().map(spelled).collect();
    assert_eq!(drift, Vec::<String>::new());

    // After the renaming that is proposed the history is consistent, and builds what the files built before.
    let repaired = found.repaired(&files);
    let names: Vec<&str> = repaired
        .all
        .iter()
        .map(|one| one.file_name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "20250101000000_first.sql",
            "20250102112233_second.sql",
            "20250104000000_fourth.sql"
        ]
    );
    let left = standing(&repaired, recorded).remarks;
    assert!(
        left.iter()
            .all(|remark| remark.kind.code() != "migration-renamed")
    );
    let (before, after) = (
        built(&files.batches()).await,
        built(&repaired.batches()).await,
    );
    assert_eq!(compare(&before, &after), []);
}

/// Roles are the server's, and shared here.
fn server_less(mut contract: Contract) -> Contract {
    contract
        .objects
        .retain(|_, object| pgpact::classes::role_of(object).is_none());
    contract
}
