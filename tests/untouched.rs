//! Live is only read: a server writes down every statement that comes to it, and each of them is held to that.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use pg_query::NodeEnum;
use pg_query::protobuf::TransactionStmtKind;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::support::binary::{Ended, Run};
use crate::support::own::OwnServer;
use crate::support::repository;

/// The migrations, and the drift that gives a plan something to count.
const WANTED: &str = "
create table public.people (id int primary key, name text not null, email text unique);
create view public.names as select name from public.people;
alter table public.people enable row level security;
create policy own on public.people using (name = current_user);
create function public.greet(who text) returns text language sql as $$ select 'hello ' || who $$;
create sequence public.numbers;
";
const LIVE: &str = "
create table public.people (id int primary key, name text, email text, old text);
insert into public.people values (1, 'Ada', 'ada@example.com'), (2, null, 'ada@example.com');
create view public.names as select upper(name) as name from public.people;
create sequence public.numbers;
create role app;
grant select, insert, update, delete on public.people to app;
";

/// Who a statement may call though it reads: what tells others, waits for others, or counts on.
const TELLTALES: &[&str] = &[
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_advisory",
    "pg_try_advisory",
    "setval",
    "nextval",
    "lo_creat",
    "lo_put",
    "lo_unlink",
    "pg_notify",
    "pg_logical_emit_message",
    "txid_current(",
    "pg_current_xact_id(",
    "dblink",
    "pg_switch_wal",
    "pg_stat_reset",
    "pg_reload_conf",
    "pg_file_write",
    "pg_sleep",
];

struct Watched {
    server: OwnServer,
    folder: tempfile::TempDir,
}

impl Watched {
    fn start() -> Option<Self> {
        let mut server = OwnServer::new()?;
        server.start_logging(&[]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wanted.sql"), WANTED).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        let code = "await supabase.from('people').select('id, nickname')\n";
        fs::write(folder.path().join("src/code.ts"), code).unwrap();
        Some(Self { server, folder })
    }

    fn url(&self, user: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/postgres", self.server.port)
    }

    async fn run(&self, script: &str) {
        let mut connection = self.server.connect("postgres").await;
        let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
        connection.execute(script).await.unwrap();
    }

    fn pgpact(&self, user: &str, arguments: &[&str]) -> Ended {
        Run::new(arguments)
            .within(self.folder.path())
            .env("PGPACT_LIVE", self.url(user))
            .end()
    }

    /// The next transaction that writes gets this number.
    async fn next_writer(&self) -> String {
        let mut connection = self.server.connect("postgres").await;
        let query = "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text";
        let row = connection.fetch_one(sqlx::raw_sql(query)).await.unwrap();
        row.try_get_unchecked(0).unwrap()
    }

    /// Messages of ours, by the server's process, in order; from a place in the log on.
    fn messages(&self, from: usize) -> BTreeMap<String, Vec<String>> {
        let log = fs::read_to_string(self.server.at("data/log/all.log")).unwrap();
        let mut messages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut last = None;
        for line in log[from..].lines() {
            if let Some(rest) = line.strip_prefix('\t') {
                if let Some(message) = last
                    .as_ref()
                    .and_then(|process| messages.get_mut(process)?.last_mut())
                {
                    message.push('\n');
                    message.push_str(rest);
                }
                continue;
            }
            let parts: Vec<&str> = line.splitn(4, '|').collect();
            last = None;
            if let [_, "pgpact", process, said] = parts[..] {
                // Nothing is prepared, bound or executed: it would say `execute`.
                let text = said.trim_start().strip_prefix("LOG:  statement: ");
                let said_nothing_else = said.contains("ERROR:") || said.contains("FATAL:");
                assert!(text.is_some() || said_nothing_else, "{line}");
                if let Some(text) = text {
                    last = Some(process.to_owned());
                    let of_process = messages.entry(process.to_owned()).or_default();
                    of_process.push(text.to_owned());
                }
            }
        }
        messages
    }

    /// How long the log is once everything that was said is in it: it is written by a process of its own, in order.
    async fn settled(&self, mark: usize) -> usize {
        let mark = format!("select 'this is mark {mark}'");
        self.run(&mark).await;
        let begin = Instant::now();
        loop {
            let log = fs::read_to_string(self.server.at("data/log/all.log")).unwrap_or_default();
            if log.contains(&mark) {
                return log.len();
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "no mark in the log"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Statements that stand outside of a read-only transaction, each in a transaction of its own.
const OUTSIDE: &[&str] = &[
    "select pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num')",
    "select pg_catalog.pg_current_snapshot()::pg_catalog.text",
];

/// Says what is not allowed of the messages of one connection.
fn check(messages: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut is_read_only = false;
    for message in messages {
        let parsed =
            pg_query::parse(message, 0).unwrap_or_else(|error| panic!("{error}: {message}"));
        for raw in parsed.protobuf.stmts {
            let start = usize::try_from(raw.stmt_location).unwrap();
            let length = usize::try_from(raw.stmt_len).unwrap();
            let end = if length == 0 {
                message.len()
            } else {
                start + length
            };
            let text = message[start..end].trim();
            let node = raw.stmt.and_then(|node| node.node).unwrap();
            let lower = text.to_lowercase();
            let tells = TELLTALES.iter().find(|name| lower.contains(**name));
            let is_fine = match &node {
                NodeEnum::TransactionStmt(transaction) => match transaction.kind() {
                    TransactionStmtKind::TransStmtBegin => {
                        let is_fine = !is_read_only && lower.ends_with("read only");
                        is_read_only = is_fine;
                        is_fine
                    }
                    TransactionStmtKind::TransStmtRollback => std::mem::take(&mut is_read_only),
                    _ => false,
                },
                NodeEnum::VariableSetStmt(set) => {
                    is_read_only && set.is_local && !set.name.starts_with("transaction")
                }
                NodeEnum::SelectStmt(select) => {
                    select.into_clause.is_none()
                        && select.locking_clause.is_empty()
                        && (is_read_only || OUTSIDE.contains(&text))
                }
                _ => false,
            };
            if !is_fine || tells.is_some() {
                wrong.push(text.to_owned());
            }
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_that_looks_writes_or_leaves_a_read_only_transaction() {
    let Some(watched) = Watched::start() else {
        return;
    };
    watched.run(LIVE).await;
    let live = watched.url("postgres");
    let commands: &[&[&str]] = &[
        &[
            "verify",
            "--expected=wanted.sql",
            "--lint=always",
            "--usage=src",
        ],
        &["verify", "--expected=wanted.sql", "--format=json"],
        &["diff", "--from", "wanted.sql", "--to", &live],
        &["diff", "--from", &live, "--to", &live],
        &["inventory", &live],
        &[
            "reconcile",
            "--expected=wanted.sql",
            "--show-rows",
            "--allow=all",
            "--renames=auto",
        ],
        &["reconcile", "--expected=wanted.sql", "--full"],
        &["lint", &live],
        &["usage", "src", "--expected", &live],
        &["access", &live],
        &["baseline", "--expected=wanted.sql"],
    ];
    let before = watched.next_writer().await;
    for (at, command) in commands.iter().enumerate() {
        let from = watched.settled(2 * at).await;
        let ended = watched.pgpact("postgres", command);
        assert!(
            (0..=1).contains(&ended.status),
            "{command:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        watched.settled(2 * at + 1).await;
        let messages = watched.messages(from);
        assert!(!messages.is_empty(), "{command:?} asked nothing");
        for messages in messages.values() {
            assert_eq!(check(messages), Vec::<String>::new(), "{command:?}");
        }
    }
    // No transaction of theirs, or of anybody's, got a number: nothing at all was written.
    assert_eq!(before, watched.next_writer().await);
}

#[test]
fn what_writes_would_be_noticed() {
    let messages = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    for wrong in [
        "insert into t values (1)",
        "begin; select 1; rollback",
        "begin isolation level repeatable read read only; create temp table t ()",
        "begin isolation level repeatable read read only; set transaction read write",
        "begin isolation level repeatable read read only; select pg_advisory_lock(1)",
        "begin isolation level repeatable read read only; select 1 into t",
        "begin isolation level repeatable read read only; set search_path = x",
        "select 1",
    ] {
        assert_ne!(check(&messages(&[wrong])), Vec::<String>::new(), "{wrong}");
    }
    let right = "begin isolation level repeatable read read only; set local jit = off; select 1";
    assert_eq!(check(&messages(&[right, "rollback"])), Vec::<String>::new());
}

/// The block of SQL under a heading of a page.
fn block_of(page: &str, heading: &str) -> String {
    let text = fs::read_to_string(repository(page)).unwrap();
    let (_, rest) = text.split_once(heading).expect("the heading is there");
    let (_, rest) = rest.split_once("```sql\n").expect("with a block of SQL");
    rest.split_once("```").expect("that ends").0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_the_documentation_makes_is_enough_and_can_nothing_else() {
    let Some(watched) = Watched::start() else {
        return;
    };
    let role = block_of("docs/security.md", "## A role that reads");
    watched.run(WANTED).await;
    watched
        .run("revoke all on database postgres from public; revoke all on schema public from public")
        .await;
    watched.run(&role).await;
    // What the owner of everything reads is what this role reads.
    let url = watched.url("postgres");
    let saved = watched.pgpact(
        "postgres",
        &["inventory", &url, "--platform=plain", "--output=all.json"],
    );
    assert_eq!(saved.status, 0, "{}", saved.stderr);
    let ended = watched.pgpact(
        "pgpact",
        &[
            "verify",
            "--expected=all.json",
            "--format=json",
            "--platform=plain",
        ],
    );
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.findings(), Vec::<String>::new());
    // What its password would be good for.
    let mut connection = watched.server.connect("pgpact").await;
    for refused in [
        "select * from public.people",
        "create table t ()",
        "create temp table t ()",
        "set default_transaction_read_only = off; create table public.t ()",
        "create schema s",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
    ] {
        let run = connection.execute(sqlx::raw_sql(AssertSqlSafe(refused.to_owned())));
        assert!(run.await.is_err(), "{refused}");
    }
}
