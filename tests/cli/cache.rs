//! What is kept between runs: with it as without it, but for the work.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::binary::{Ended, Run};

const TABLES: &str =
    "create table kept (id int generated always as identity primary key, title text not null);
create index kept_title on kept (title);
alter table kept enable row level security;
create policy own on kept using (title = current_user);
grant select on kept to public;
";
const ROWS: &str =
    "insert into kept (title) values ('one'), ('two');\nalter table kept add column note text;\n";
const LATER: &str = "do $$ begin
  if (select count(*) from kept) = 2 then
    execute 'create table found_both (id int primary key)';
  end if;
end $$;
alter table kept alter column note set default 'none';
create table after_it (kept_id int references kept);
";

/// A project, a folder for the cache, and an installation whose `initdb` can be broken.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(bench.path("migrations")).unwrap();
        fs::create_dir_all(bench.path("bin")).unwrap();
        for program in ["initdb", "postgres"] {
            let real = installed().join(program);
            let script = format!("#!/bin/sh\nexec {} \"$@\"\n", real.display());
            bench.program(program, &script);
        }
        // The server's user has to get there.
        fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn migration(&self, name: &str, text: &str) {
        fs::write(self.path("migrations").join(name), text).unwrap();
    }

    fn inventory(&self, arguments: &[&str]) -> Ended {
        let mut all = vec!["inventory", "migrations", "--format", "json"];
        all.extend(arguments);
        Run::new(&all)
            .within(self.folder.path())
            .env("PGPACT_PG_BIN", self.path("bin"))
            .end()
    }

    fn entries(&self, kind: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("cache")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.starts_with(kind)
            })
            .collect()
    }
}

/// Where the programs are that the tests use.
fn installed() -> PathBuf {
    if let Some(folder) = std::env::var_os("PGPACT_PG_BIN") {
        return folder.into();
    }
    let found = Command::new("sh")
        .args(["-c", "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1"])
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let found = Path::new(found.trim());
    assert!(found.join("initdb").exists(), "no installation of Postgres");
    found.to_owned()
}

const BROKEN: &str = "#!/bin/sh\nexit 1\n";

#[test]
fn a_hit_takes_no_scratch_and_says_the_same() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    bench.migration("2_rows.sql", ROWS);
    let without = bench.inventory(&[]);
    assert_eq!(without.status, 0, "{}", without.stderr);
    let first = bench.inventory(&["--cache", "cache"]);
    assert_eq!(first.stdout, without.stdout);
    for program in ["initdb", "postgres"] {
        let version = "#!/bin/sh\n[ \"$1\" = --version ] && exec REAL --version\nexit 1\n";
        let real = installed().join("postgres");
        bench.program(
            program,
            &version.replace("REAL", &real.display().to_string()),
        );
    }
    let second = bench.inventory(&["--cache", "cache"]);
    assert_eq!(second.status, 0, "{}", second.stderr);
    assert_eq!(second.stdout, without.stdout);
    assert!(second.stderr.is_empty(), "{}", second.stderr);
    // It is this cache that did it.
    assert_ne!(bench.inventory(&[]).status, 0);
}

#[test]
fn a_history_goes_on_where_a_kept_one_ends() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    bench.migration("2_rows.sql", ROWS);
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    bench.migration("3_later.sql", LATER);
    let anew = bench.inventory(&[]);
    assert!(anew.stdout.contains("found_both"), "{}", anew.stdout);
    bench.program("initdb", BROKEN);
    assert_ne!(bench.inventory(&[]).status, 0);
    let resumed = bench.inventory(&["--cache", "cache"]);
    assert_eq!(resumed.status, 0, "{}", resumed.stderr);
    // Rows of the kept files included, and lines of all files.
    assert_eq!(resumed.stdout, anew.stdout);
}

#[test]
fn an_edited_file_is_another_history() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    bench.migration("2_rows.sql", ROWS);
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    bench.migration(
        "1_tables.sql",
        &TABLES.replace("title text", "title varchar"),
    );
    let edited = bench.inventory(&["--cache", "cache"]);
    assert_eq!(edited.stdout, bench.inventory(&[]).stdout);
    assert!(edited.stdout.contains("character varying"));
}

#[test]
fn a_damaged_entry_is_left_alone_with_a_word() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    let without = bench.inventory(&[]);
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    let contract = bench.entries("contract-").remove(0);
    let whole = fs::read(&contract).unwrap();
    let lying = String::from_utf8(whole.clone()).unwrap();
    let lying = lying.replace("kept_title", "kept_little").into_bytes();
    let cut = whole[..whole.len() / 2].to_vec();
    for damaged in [lying, cut, b"{}".to_vec(), Vec::new()] {
        fs::write(&contract, damaged).unwrap();
        let again = bench.inventory(&["--cache", "cache"]);
        assert_eq!(again.stdout, without.stdout);
        assert!(
            again.stderr.contains("an entry of the cache is not used"),
            "{}",
            again.stderr
        );
        assert!(again.stderr.contains("contract-"), "{}", again.stderr);
    }
    // An entry under another one's name.
    bench.migration("2_rows.sql", ROWS);
    let longer = bench.inventory(&[]);
    assert_eq!(bench.inventory(&["--cache", "cache"]).stdout, longer.stdout);
    let other = bench
        .entries("contract-")
        .into_iter()
        .find(|path| *path != contract)
        .unwrap();
    fs::copy(&contract, &other).unwrap();
    let again = bench.inventory(&["--cache", "cache"]);
    assert_eq!(again.stdout, longer.stdout);
    assert!(again.stderr.contains("another history"), "{}", again.stderr);
}

#[test]
fn a_damaged_server_is_not_started() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    let state = bench.entries("state-").remove(0);
    let control = state.join("data/global/pg_control");
    let mut bytes = fs::read(&control).unwrap();
    bytes[100] ^= 1;
    fs::write(&control, bytes).unwrap();
    bench.migration("2_rows.sql", ROWS);
    let again = bench.inventory(&["--cache", "cache"]);
    assert_eq!(again.stdout, bench.inventory(&[]).stdout);
    assert!(
        again.stderr.contains("it is not what was written"),
        "{}",
        again.stderr
    );
}

#[test]
fn what_a_session_would_take_with_it_is_not_kept() {
    let bench = Bench::new();
    bench.migration(
        "1_temporary.sql",
        "create temporary table beside (id int);\ncreate table kept (id int);\n",
    );
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    assert_eq!(bench.entries("state-"), Vec::<PathBuf>::new());
    assert_eq!(bench.entries("contract-").len(), 1);
}

/// A tool that runs all files in one session does not see what one of them sets for sessions to come.
#[test]
fn what_sessions_begin_with_is_no_other_when_files_are_replayed_later() {
    let bench = Bench::new();
    bench.migration(
        "1_path.sql",
        "create schema app;\ndo $$ begin execute format('alter database %I set search_path = app', current_database()); end $$;\n",
    );
    assert_eq!(bench.inventory(&["--cache", "cache"]).status, 0);
    bench.migration("2_table.sql", "create table found (id int);\n");
    let anew = bench.inventory(&[]);
    assert!(anew.stdout.contains("public.found"), "{}", anew.stdout);
    let cached = bench.inventory(&["--cache", "cache"]);
    assert_eq!(cached.stdout, anew.stdout);
}

#[test]
fn a_folder_that_cannot_be_written_costs_a_word_only() {
    let bench = Bench::new();
    bench.migration("1_tables.sql", TABLES);
    fs::write(bench.path("cache"), "a file").unwrap();
    let ended = bench.inventory(&["--cache", "cache"]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(ended.stdout, bench.inventory(&[]).stdout);
    assert!(ended.stderr.contains("cache"), "{}", ended.stderr);
}
