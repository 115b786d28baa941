//! A database and its dump restored elsewhere say the same, once and twice, however Postgres prints it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use pgpact::contract::{Change, Contract, Delta};
use pgpact::scratch::Platform;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::corpus::{WORKERS, folders, furnish, run};
use crate::support::binary::Run;
use crate::support::postgres::{Server, deltas, installation};
use crate::support::repository;

/// What `pg_dump --schema-only` leaves out, by class and fact; a restored database differs there indeed.
const NOT_DUMPED: &[(&str, &str)] = &[
    // Without data there is nothing to fill it with.
    ("materialized-view", "populated"),
    // It takes whatever version is the default there.
    ("extension", "version"),
    // Nothing connects on its own after a restore.
    ("subscription", "enabled"),
];

/// Classes of rows: a dump of definitions has none.
const ROWS: &[&str] = &["bucket", "cron-job", "vault-secret"];

pub(crate) fn dump(server: &Server, database: &str) -> Result<String, String> {
    let bin = installation(15).unwrap_or_default();
    let output = Command::new(bin.join("pg_dump"))
        // Large objects are left out of a dump without rows unless asked for.
        .args([
            "--schema-only",
            "--blobs",
            "-U",
            server.scratch.admin(),
            "-h",
        ])
        .arg(server.scratch.socket().unwrap())
        .arg(database)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // Those lines are for psql alone.
    let lines = text.lines().filter(|line| !line.starts_with('\\'));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Dumps one database and restores it into a new one.
async fn pass_on(server: &Server, from: &str, to: &str) -> Result<Contract, String> {
    let text = tokio::task::block_in_place(|| dump(server, from))?;
    server.create(to, "template1").await;
    let restored = server.run(server.scratch.admin(), to, &text).await;
    restored.map_err(|error| format!("restoring: {error}"))?;
    Ok(server.read(to).await)
}

fn said(deltas: &[Delta<'_>]) -> Vec<String> {
    deltas
        .iter()
        // What is the database's own is dumped with the database alone.
        .filter(|delta| delta.id.class.as_str() != "database-setting")
        .filter(|delta| !delta.id.path.starts_with("database (current)"))
        .filter(|delta| match delta.change {
            Change::Changed { fact, .. } => !NOT_DUMPED.contains(&(delta.id.class.as_str(), fact)),
            Change::Missing | Change::Unexpected => !ROWS.contains(&delta.id.class.as_str()),
        })
        .map(|delta| format!("{} {:?}", delta.id, delta.change))
        .collect()
}

/// What `pg_dump` cannot say, with the reason.
const OUT_OF_REACH: &[&str] = &[
    // Which internal triggers are disabled.
    "constraint/foreign_key_not_enforced/after",
    "constraint/not-enforced-on-one-partition/before",
    "constraint/not-enforced-on-one-of-the-partitions/after",
    "constraint/not-enforced-on-another-partition/before",
    "constraint/not-enforced-on-another-partition/after",
    "constraint/not-enforced-on-new-partitions/before",
    "constraint/not-enforced-on-new-partitions/after",
    // What somebody put into an extension is not dumped, whatever uses it.
    "extension/members_in_use/after",
    "extension/members-used-by-what-is-new/after",
    // What hangs on an aggregate, or on the trigger that a partition has from the whole.
    "extension-dependency/of_an_aggregate/after",
    "comment/on-a-trigger-of-a-partition/after",
    // What initdb put into information_schema is never dumped, nor a grant on it.
    "grant/on_the_servers_own/after",
    // That a domain has no default of its own where the one below has: a domain that is made anew takes that one's.
    "domain/default-below-is-not-its-own/before",
    "domain/default-came-below-later/after",
    // Bodies that need each other are dumped one after the other.
    "function/sql_bodies_of_each_other/before",
    "function/sql_bodies_of_each_other/after",
    "function/sql_bodies_of_each_other_gone/before",
    "function/sql-bodies-of-each-other-with-another-signature/before",
    "function/sql-bodies-of-each-other-with-another-signature/after",
    // Large objects are rows to it, with their grants.
    "grant/of_routines_types_and_objects/before",
    "grant/of_routines_types_and_objects/after",
    "large-object/added/after",
    "large-object/of_a_small_number/before",
    "large-object/of_a_small_number/after",
    // Postgres 15 prints an argument without a name as `""`, which it cannot read itself.
    "function/argument-without-a-name-in-a-parsed-body/before",
    "function/argument-without-a-name-in-a-parsed-body/after",
    "function/arguments-without-names-in-a-parsed-body/after",
    "function/arguments-without-names-swapped/before",
    "function/arguments-without-names-swapped/after",
    // What initdb made is never dumped, nor a grant on it: internal, c and sql among the languages.
    "grant/on_languages/after",
    // A language whose handler is not dumped comes back by its name alone, as an extension that nobody has.
    "language/added/after",
    "language/handlers/before",
    // An index that a failed build left behind.
    "index/invalid/after",
    "index/not_ready/after",
    // A label without its provider cannot be restored.
    "security-label/added/after",
    "security-label/changed/before",
    "security-label/changed/after",
    // A detach that was broken off.
    "table/detaching/after",
    "table/detaching_done/before",
];

/// What still differs after a dump, and after a dump of what was restored from it.
async fn try_script(server: &Server, script: &Path, number: usize) -> Result<(), String> {
    let [first, second, third] = ["a", "b", "c"].map(|name| format!("dump_{number}_{name}"));
    server.create(&first, "template1").await;
    let mut owner = server.connect("postgres", &first).await;
    let ran = run(server, &mut owner, &first, script).await;
    sqlx::Connection::close(owner).await.unwrap();
    ran.map_err(|error| error.to_string())?;
    let contract = server.read(&first).await;
    let restored = pass_on(server, &first, &second).await?;
    // A dump of what is the same is the same dump.
    if deltas(&contract, &restored).is_empty() {
        return Ok(());
    }
    let again = pass_on(server, &second, &third).await?;
    let mut printer = server.scratch.printer(&first).await.unwrap();
    let mut left = Vec::new();
    for mut live in [restored, again] {
        printer.agree(&contract, &mut live).await.unwrap();
        left.extend(said(&deltas(&contract, &live)));
    }
    if left.is_empty() {
        Ok(())
    } else {
        Err(left.join("\n    "))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_restored_says_the_same_once_and_twice() {
    if installation(15).is_none_or(|bin| !bin.join("pg_dump").exists()) {
        eprintln!("SKIPPED: pg_dump of Postgres 15 is not here");
        return;
    }
    let scripts = [
        ("corpus/*/*", "before"),
        ("corpus/*/*", "after"),
        ("corpus-equal/*", "one"),
        ("corpus-equal/*", "other"),
    ];
    let wanted = std::env::var("PGPACT_CASE").unwrap_or_default();
    let mut paths: Vec<PathBuf> = scripts
        .iter()
        .flat_map(|(pattern, name)| {
            let found = folders(&format!("fixtures/{pattern}/{name}.sql"));
            found.into_iter().map(move |case| case.join(name))
        })
        .collect();
    paths.retain(|path| path.to_str().unwrap().contains(&wanted));
    paths.retain(|path| !OUT_OF_REACH.iter().any(|name| path.ends_with(name)));
    // Many cases begin alike.
    let text =
        |path: &PathBuf, extension: &str| fs::read_to_string(path.with_extension(extension)).ok();
    paths.sort();
    let mut seen = BTreeSet::new();
    paths.retain(|path| seen.insert((text(path, "sql"), text(path, "admin.sql"))));
    let server = Server::start(Platform::Plain).await;
    furnish(&server).await;
    let (server, paths) = (Arc::new(server), Arc::<[PathBuf]>::from(paths));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (server, paths) = (server.clone(), paths.clone());
        workers.spawn(async move {
            let mut failures = Vec::new();
            let mine = paths.iter().enumerate().skip(worker).step_by(WORKERS);
            for (number, path) in mine {
                if let Err(error) = try_script(&server, path, number).await {
                    failures.push(format!("{}: {error}", path.display()));
                }
                for name in ["a", "b", "c"] {
                    Server::drop(&server, &format!("dump_{number}_{name}")).await;
                }
            }
            failures
        });
    }
    let mut failures: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    failures.sort();
    let count = failures.len();
    assert_eq!(count, 0, "of {}:\n{}", paths.len(), failures.join("\n"));
}

/// What versions and dumps are known to print in another way, as far as this server understands it.
fn traps() -> String {
    let pattern = repository("fixtures/majors/*.sql");
    let files = glob::glob(pattern.to_str().unwrap()).unwrap();
    let files = files.map(Result::unwrap).filter(|path| {
        !["16", "17", "18"].iter().any(|newer| {
            path.to_str()
                .unwrap()
                .ends_with(&format!("_since_{newer}.sql"))
        })
    });
    files
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The same as a folder of migrations.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1_traps.sql"), traps()).unwrap();
    folder
}

const MORE_ROLES: &str = "create role anon; create role authenticated; create role service_role; grant anon, authenticated, service_role to postgres; create role watcher login";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_traps_say_the_same_and_changes_beside_them_are_seen() {
    if installation(15).is_none_or(|bin| !bin.join("pg_dump").exists()) {
        eprintln!("SKIPPED: pg_dump of Postgres 15 is not here");
        return;
    }
    let server = Server::start_with(Platform::Plain, installation(15)).await;
    let admin = server.scratch.admin();
    server.run(admin, "postgres", MORE_ROLES).await.unwrap();
    server.create("first", "template1").await;
    server.run("postgres", "first", &traps()).await.unwrap();
    let contract = server.read("first").await;
    let restored = pass_on(&server, "first", "second").await.unwrap();
    let again = pass_on(&server, "second", "third").await.unwrap();
    let project = project();
    let migrations = project.path().to_str().unwrap().to_owned();
    for expected in [migrations, server.url("watcher", "first")] {
        let ended = Run::new(&["verify", "--expected", &expected])
            .env("DATABASE_URL", server.url("watcher", "third"))
            .end();
        assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    }

    let mut printer = server.scratch.printer("first").await.unwrap();
    for mut live in [restored, again] {
        let before = deltas(&contract, &live).len();
        assert!(before > 5, "no trap is one");
        printer.agree(&contract, &mut live).await.unwrap();
        assert_eq!(said(&deltas(&contract, &live)), Vec::<String>::new());
    }
    let changes = [
        (
            "alter table shop.goods drop constraint goods_status_check, add constraint goods_status_check check (status in ('new', 'sold', 'lost'))",
            "constraint:shop.goods.goods_status_check",
        ),
        (
            "alter policy by_status on shop.goods using (status in ('new', 'sold') and (price between 1 and 6 and stock <> 3))",
            "policy:shop.goods.by_status",
        ),
        (
            "alter table shop.goods alter column code set default 'A'::character varying",
            "default:shop.goods.code",
        ),
        (
            "drop index shop.goods_partial; create index goods_partial on shop.goods (lower(sku), (price + 1) desc) where status in ('new', 'sold') and stock between 1 and 5 or price <> 3",
            "index:shop.goods_partial",
        ),
        (
            "alter domain shop.code drop constraint code_listed; alter domain shop.code add constraint code_listed check (value in ('A', 'B', 'NONE') or value between 'C' and 'F' or value <> 'D')",
            "constraint:shop.code.code_listed",
        ),
        ("alter database second set search_path = shop, public", ""),
    ];
    for (change, changed) in changes {
        server.run(admin, "second", change).await.unwrap();
        let mut live = server.read("second").await;
        printer.agree(&contract, &mut live).await.unwrap();
        let left = said(&deltas(&contract, &live));
        assert!(
            left.iter().any(|delta| delta.starts_with(changed)) || changed.is_empty(),
            "{change}: {left:#?}"
        );
    }
}
