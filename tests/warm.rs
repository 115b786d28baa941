//! What is not looked at again because nothing changed: a fingerprint tells of whatever changed, and a run that finds
//! the old one says what the run before said.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pgpact::plan::{self, Heading};
use pgpact::scratch::Platform;
use tokio::task::JoinSet;

use crate::convergence::{OUT_OF_REACH, Trial, plan_between};
use crate::corpus::{folders, furnish, run};
use crate::pages::Pages;
use crate::support::binary::{Ended, Run};
use crate::support::own::OwnServer;
use crate::support::postgres::{Server, deltas};
use crate::support::proxy::{Way, counted_way_to, way_to};

/// Servers on which nobody but one case does anything: what others change on a server would hide what is missed.
const QUIET: usize = 2;

/// Brings one side of a case to the other, and says whether the fingerprint told of it; nothing where nothing changed.
async fn told(server: &Server, case: &Path, pages: &Pages) -> Option<bool> {
    let (one, other) = ("one", "other");
    for (database, script) in [(one, "before"), (other, "after")] {
        server.create(database, "template1").await;
        let mut owner = server.connect("postgres", database).await;
        run(server, &mut owner, database, &case.join(script))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        sqlx::Connection::close(owner).await.unwrap();
    }
    let before = server.read_with_needs(one).await;
    let after = server.read_with_needs(other).await;
    Server::drop(server, other).await;
    let sql = plan::render(&plan_between(&after, &before), &Heading::default());
    let admin = server.scratch.admin();
    let first = server.fingerprint(admin, one).await;
    let trial = Trial {
        server,
        database: one,
        role: admin,
        is_told: false,
        pages,
    };
    // A plan that fails half-way changes something as well.
    trial.psql(&sql).ok();
    let is_told = server.fingerprint(admin, one).await != first;
    let is_missed = !is_told && !deltas(&before, &server.read(one).await).is_empty();
    Server::drop(server, one).await;
    (is_told || is_missed).then_some(is_told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_case_of_the_corpus_changes_without_the_fingerprint() {
    let mut cases = folders("fixtures/corpus/*/*/before.sql");
    cases.retain(|case| !OUT_OF_REACH.iter().any(|(name, _)| case.ends_with(name)));
    let cases = Arc::<[PathBuf]>::from(cases);
    let mut workers = JoinSet::new();
    for number in 0..QUIET {
        let cases = cases.clone();
        workers.spawn(async move {
            let server = Server::start(Platform::Plain).await;
            furnish(&server).await;
            let pages = Pages::default();
            let (mut changed, mut missed) = (0, Vec::new());
            for case in cases.iter().skip(number).step_by(QUIET) {
                match told(&server, case, &pages).await {
                    Some(true) => changed += 1,
                    Some(false) => missed.push(case.display().to_string()),
                    None => {}
                }
            }
            (changed, missed)
        });
    }
    let (changed, missed): (Vec<usize>, Vec<Vec<String>>) =
        workers.join_all().await.into_iter().unzip();
    assert_eq!(missed.concat(), Vec::<String>::new());
    // Nearly all cases change something; a plan of some says no more than what a person has to do.
    let changed: usize = changed.iter().sum();
    assert!(
        changed * 10 > cases.len() * 9,
        "{changed} of {}",
        cases.len()
    );
}

/// What no migration does, and what a contract is read from all the same. Each changes what the ones before left.
const CHANGES: &[&str] = &[
    "create role somebody",
    "alter role somebody bypassrls",
    "alter role somebody set statement_timeout = '1s'",
    "alter role somebody connection limit 3",
    "grant pg_monitor to somebody",
    "alter database postgres set timezone = 'UTC'",
    "create table public.notes (id int primary key, body text)",
    "create policy own on public.notes using (true)",
    // Away and back again: what is read between is something else.
    "alter table public.notes rename to papers; alter table public.papers rename to notes",
    "drop policy own on public.notes; create policy own on public.notes using (true)",
    "alter table public.notes enable row level security",
    "comment on table public.notes is 'a note'",
    "grant select on public.notes to somebody",
    "grant select (id) on public.notes to somebody",
    "create table public.child (id int references public.notes)",
    "alter table public.child disable trigger all",
    "create function public.f() returns int language sql as 'select 1'",
    "create or replace function public.f() returns int language sql as 'select 2'",
    "update pg_proc set prosrc = 'select 3' where proname = 'f'",
    "update pg_index set indisvalid = false where indexrelid = 'public.notes_pkey'::regclass",
    "alter function pg_catalog.lower(text) cost 7",
    "alter default privileges in schema public grant select on tables to somebody",
    "select lo_create(4711)",
    "insert into storage.buckets (id, name, public) values ('b', 'b', false)",
    "update storage.buckets set public = true where id = 'b'",
    "delete from storage.buckets where id = 'b'",
    "create foreign data wrapper w; create server s foreign data wrapper w",
    "create user mapping for somebody server s options (\"user\" 'x')",
    "alter user mapping for somebody server s options (set \"user\" 'y')",
    "alter sequence if exists public.q start 3; create sequence public.q",
    "alter sequence public.q increment 3",
    "create publication p for table public.notes",
    "create extension if not exists pg_trgm",
    "alter extension pg_trgm set schema extensions",
];

/// What goes on in any database all day.
const UPKEEP: &[&str] = &[
    "insert into public.notes select g, 'x' from generate_series(1, 5000) g",
    "select nextval('public.q')",
    "analyze",
    "vacuum",
    "vacuum freeze",
    "checkpoint",
    "insert into public.child values (1); update public.child set id = 2; delete from public.child",
];

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_and_upkeep_is_none() {
    let server = Server::start(Platform::Supabase).await;
    let admin = server.scratch.admin();
    let looks = async || server.fingerprint(admin, "postgres").await;
    let changes = async |text: &str| {
        let script = match text.starts_with("update pg_") || text.contains("pg_catalog.lower") {
            true => format!("set allow_system_table_mods = on; {text}"),
            false => text.to_owned(),
        };
        let ran = server.run(admin, "postgres", &script).await;
        ran.unwrap_or_else(|error| panic!("{text}: {error}"));
    };
    let mut before = looks().await;
    for text in CHANGES {
        changes(text).await;
        let after = looks().await;
        assert_ne!(before, after, "{text}");
        before = after;
    }
    for text in UPKEEP {
        changes(text).await;
        assert_eq!(before, looks().await, "{text}");
    }
    // Who looks sees what may be read: that is another reading.
    changes("create role reader login").await;
    let seen = server.fingerprint("reader", "postgres").await;
    assert_ne!(seen, looks().await);
    assert_eq!(seen, server.fingerprint("reader", "postgres").await);
}

const MIGRATION: &str = "create table notes (id int primary key, body text not null);
alter table notes enable row level security;
";
const KEPT: &str = "are what they were when this was verified before";

/// A project, a database, and a cache.
struct Bench {
    server: OwnServer,
    folder: tempfile::TempDir,
}

impl Bench {
    fn start() -> Option<Self> {
        let mut server = OwnServer::new()?;
        server.start(&[]);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("migrations")).unwrap();
        let bench = Self { server, folder };
        bench.write("migrations/1_notes.sql", MIGRATION);
        bench.run(MIGRATION);
        Some(bench)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn run(&self, script: &str) {
        let ended = std::process::Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"])
            .args(["-U", "postgres", "-p", &self.server.port.to_string()])
            .args(["-c", script])
            .status();
        assert!(ended.unwrap().success(), "{script}");
    }

    fn verify(&self, arguments: &[&str]) -> Ended {
        self.verify_over(self.server.port, arguments)
    }

    fn verify_over(&self, port: u16, arguments: &[&str]) -> Ended {
        Run::new(&["verify", "--expected=migrations", "--format=json", "-v"])
            .args(arguments)
            .within(self.folder.path())
            .env(
                "PGPACT_LIVE",
                format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            )
            .end()
    }

    /// The reports in a cache.
    fn kept(&self, cache: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join(cache)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let is_report = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("report-")
        };
        paths.filter(is_report).collect()
    }

    /// Verifies with the cache; says whether what was kept was used, and the report without its times.
    fn cached(&self, arguments: &[&str]) -> (bool, serde_json::Value) {
        let ended = self.verify(&[arguments, &["--cache=cache"]].concat());
        assert!((0..=1).contains(&ended.status), "{}", ended.stderr);
        (ended.stderr.contains(KEPT), report(&ended))
    }
}

fn report(ended: &Ended) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    report.as_object_mut().unwrap().remove("timing_ms");
    report
}

#[test]
fn what_was_verified_is_said_again_until_anything_changes() {
    let Some(bench) = Bench::start() else { return };
    let plain = report(&bench.verify(&[]));
    assert_eq!(plain["verdict"], "holds");
    assert_eq!(bench.cached(&[]), (false, plain.clone()));
    assert_eq!(bench.cached(&[]), (true, plain.clone()));

    // Live drifts, and comes back.
    bench.run("alter table notes disable row level security");
    let (was_kept, drifted) = bench.cached(&[]);
    assert!(!was_kept);
    assert_eq!(drifted["verdict"], "broken");
    assert_eq!(bench.cached(&[]), (true, drifted.clone()));
    bench.run("alter table notes enable row level security");
    assert_eq!(bench.cached(&[]), (false, plain.clone()));

    // Other wishes, another report.
    bench.run("alter table notes alter body drop not null");
    assert_eq!(bench.cached(&[]).1["verdict"], "broken");
    let (was_kept, lenient) = bench.cached(&["--fail-on=critical"]);
    assert!(!was_kept);
    assert_eq!(lenient["verdict"], "holds");
    bench.write(
        "pgpact.toml",
        "[[ignore]]\nobject = \"column:public.notes.body\"\nreason = \"tried\"\nuntil = \"2999-01-01\"\n",
    );
    let (was_kept, ignored) = bench.cached(&[]);
    assert!(!was_kept);
    assert_eq!(ignored["verdict"], "holds");
    assert_eq!(bench.cached(&[]), (true, ignored));

    // Another contract.
    bench.write(
        "migrations/2_more.sql",
        "create table more (id int primary key);\n",
    );
    let (was_kept, behind) = bench.cached(&[]);
    assert!(!was_kept);
    assert_eq!(behind["verdict"], "broken");
    fs::remove_file(bench.folder.path().join("migrations/2_more.sql")).unwrap();
    assert!(bench.cached(&[]).0);
}

#[test]
fn what_is_kept_is_used_whole_or_not_at_all() {
    let Some(bench) = Bench::start() else { return };
    let (_, plain) = bench.cached(&[]);
    let entries = bench.kept("cache");
    let [entry] = &entries[..] else {
        panic!("{entries:?}");
    };
    let whole = fs::read(entry).unwrap();
    let told = String::from_utf8(whole.clone()).unwrap();
    for wrong in [
        whole[..whole.len() - 1].to_vec(),
        told.replace("\"holds\"", "\"broken\"").into_bytes(),
        Vec::new(),
        b"no entry".to_vec(),
    ] {
        fs::write(entry, wrong).unwrap();
        assert_eq!(bench.cached(&[]), (false, plain.clone()));
        assert_eq!(fs::read(entry).unwrap(), whole);
    }
}

#[test]
fn a_report_is_said_though_it_cannot_be_kept() {
    let Some(bench) = Bench::start() else { return };
    let (port, said) = counted_way_to(bench.server.port, Way::default());
    let whole = bench.verify_over(port, &["--cache=whole"]);
    assert_eq!(report(&whole)["verdict"], "holds");

    // The connection breaks with the last answers, when all there is to ask is whether live stayed as it was.
    let way = Way {
        cut_after: Some(said.load(Ordering::SeqCst) - 40),
        ..Way::default()
    };
    let broken = bench.verify_over(way_to(bench.server.port, way), &["--cache=cache"]);
    assert_eq!(broken.status, 0, "{}", broken.stderr);
    assert_eq!(report(&broken)["verdict"], "holds");
    assert_eq!(bench.kept("whole").len(), 1);
    assert_eq!(bench.kept("cache"), Vec::<PathBuf>::new());
}

#[test]
fn a_role_that_loses_sight_of_something_is_no_warm_run() {
    let Some(bench) = Bench::start() else { return };
    // Row security hides buckets from who looks: what is compared becomes less, and the report says so.
    bench.run(
        "create schema storage; create table storage.buckets (id text primary key, name text)",
    );
    bench.run("insert into storage.buckets values ('b', 'b')");
    bench.run("create role reader login; grant usage on schema storage to reader; grant select on storage.buckets to reader");
    let port = bench.server.port;
    let verify = || {
        let ended = Run::new(&[
            "verify",
            "--expected=migrations",
            "--format=json",
            "-v",
            "--cache=cache",
        ])
        .within(bench.folder.path())
        .env(
            "PGPACT_LIVE",
            format!("postgres://reader@127.0.0.1:{port}/postgres"),
        )
        .end();
        (ended.stderr.contains(KEPT), report(&ended))
    };
    let (_, open) = verify();
    assert_eq!(verify(), (true, open.clone()));
    bench.run("revoke select on storage.buckets from reader");
    let (was_kept, hidden) = verify();
    assert!(!was_kept);
    assert_ne!(open["coverage"], hidden["coverage"]);
}
