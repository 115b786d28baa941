//! A Postgres that is fetched: whole and as its release says, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::support::binary::{Ended, Run};
use crate::support::drifted::Drifted;
use crate::support::own::is_root;
use crate::support::postgres::installation;
use crate::support::releases::{
    Releases, Reply, archive, checksum, release, scripts, small, whole,
};

const WANTED: &str = "create table people (id int primary key, name text not null);";
const LIVE: &str = "create table people (id int primary key, name text);";

/// A folder with a schema in it, and one for what is fetched.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The server's user has to get there.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("wanted.sql"), WANTED).unwrap();
        Self { folder }
    }

    fn start(&self, releases: &Releases, arguments: &[&str]) -> Run {
        let mut all = vec!["inventory", "wanted.sql", "--cache", "cache"];
        all.extend(arguments);
        Run::new(&all)
            .without("PGPACT_PG_BIN")
            .env("PGPACT_SCRATCH", "fetched")
            .env("PGPACT_FETCH_FROM", releases.address())
            .within(self.folder.path())
    }

    fn inventory(&self, releases: &Releases, arguments: &[&str]) -> Ended {
        self.start(releases, arguments).end()
    }

    /// What is kept, by name.
    fn kept(&self) -> Vec<String> {
        let folder = self.folder.path().join("cache/postgres");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Nothing was made of it, and this was said.
fn refused(bench: &Bench, ended: &Ended, code: &str, said: &str) {
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("error[{code}]: ")),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(ended.stderr.contains("  help: "), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(bench.kept(), [""; 0], "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_is_of_lives_major_and_verifies_and_is_kept() {
    let drifted = Drifted::new(WANTED, LIVE).await;
    let bench = Bench::new();
    let releases = Releases::of(whole);
    let address = releases.address();
    let verify = || {
        let arguments = [
            "verify",
            "--expected",
            "wanted.sql",
            "--format",
            "json",
            "--scratch",
            "fetched",
            "--fetch-from",
            &address,
        ];
        let run = drifted.start(&arguments).without("PGPACT_PG_BIN");
        let cache = bench.folder.path().join("cache");
        tokio::task::block_in_place(|| run.env("PGPACT_CACHE", cache).end())
    };
    let first = verify();
    assert_eq!(first.status, 1, "{}", first.stderr);
    let findings = ["error column-changed column:public.people.name not_null"];
    assert_eq!(first.findings(), findings);
    let kept = bench.kept();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].starts_with("postgresql-15."), "{kept:?}");
    let asked = releases.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].ends_with(".tar.gz.sha256"), "{asked:?}");
    assert!(first.stderr.contains("fetching Postgres 15."));

    let again = verify();
    assert_eq!(again.findings(), findings);
    assert_eq!(releases.asked().len(), 2, "it is kept");
    assert!(!again.stderr.contains("fetching"), "{}", again.stderr);
}

#[test]
fn what_is_kept_serves_a_run_that_may_fetch_nothing() {
    let bench = Bench::new();
    let releases = Releases::of(small);
    let refusal = bench.inventory(&releases, &["--offline"]);
    refused(&bench, &refusal, "scratch-unavailable", "--offline");
    assert!(
        refusal.stderr.contains("fetched before"),
        "{}",
        refusal.stderr
    );
    for set in ["1", "true"] {
        let run = bench.start(&releases, &[]).env("PGPACT_OFFLINE", set);
        refused(&bench, &run.end(), "scratch-unavailable", "--offline");
    }
    assert!(releases.asked().is_empty());

    // Without a live database the newest is fetched; these programs say another major, so it is refused.
    let newest = bench.inventory(&releases, &[]);
    refused(
        &bench,
        &newest,
        "fetch-refused",
        "says that it is postgres (PostgreSQL) 15",
    );
    let folder = bench.folder.path().join("supabase");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.toml"), "[db]\nmajor_version = 15\n").unwrap();
    fs::create_dir(folder.join("migrations")).unwrap();
    fs::write(folder.join("migrations/1_a.sql"), WANTED).unwrap();
    let inventory = |arguments: &[&str]| {
        let mut all = vec!["inventory", "supabase/migrations", "--cache", "cache"];
        all.extend(arguments);
        let run = Run::new(&all).without("PGPACT_PG_BIN");
        let run = run.env("PGPACT_SCRATCH", "fetched");
        let run = run.env("PGPACT_FETCH_FROM", releases.address());
        run.within(bench.folder.path()).end()
    };
    let fetched = inventory(&[]);
    assert_eq!(fetched.status, 0, "{}", fetched.stderr);
    let asked = releases.asked().len();
    let offline = inventory(&["--offline"]);
    assert_eq!(offline.status, 0, "{}", offline.stderr);
    assert_eq!(releases.asked().len(), asked);
}

#[test]
fn a_wrong_checksum_is_refused_before_anything_is_unpacked() {
    let bench = Bench::new();
    let wrong = Releases::serving(|path| match path.ends_with(".sha256") {
        true => Reply::of(checksum("archive", b"something else")),
        false => release(path, small),
    });
    let ended = bench.inventory(&wrong, &[]);
    refused(
        &bench,
        &ended,
        "fetch-refused",
        "is not what its release says",
    );

    let none = Releases::serving(|path| match path.ends_with(".sha256") {
        true => Reply::of(b"<html>sign in</html>".to_vec()),
        false => release(path, small),
    });
    let ended = bench.inventory(&none, &[]);
    refused(&bench, &ended, "fetch-refused", "holds no checksum");
    let asked = none.asked();
    assert_eq!(asked.len(), 1, "without a checksum nothing is downloaded");
}

#[test]
fn half_a_download_is_none_however_often_it_is_tried() {
    let bench = Bench::new();
    let half = Releases::serving(|path| {
        let mut reply = release(path, small);
        if !path.ends_with(".sha256") {
            reply.sent = reply.body.len() / 2;
        }
        reply
    });
    let ended = bench.inventory(&half, &[]);
    refused(&bench, &ended, "fetch-failed", "broke off");
    assert_eq!(half.asked().len(), 4, "one checksum, three tries");
}

#[test]
fn a_service_that_stalls_ends_with_the_time_allowed() {
    let bench = Bench::new();
    let stalled = Releases::serving(|path| {
        if !path.ends_with(".sha256") {
            std::thread::sleep(Duration::from_secs(600));
        }
        release(path, small)
    });
    let ended = bench.inventory(&stalled, &["--timeout", "2"]);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("timed-out"), "{}", ended.stderr);
    assert_eq!(bench.kept(), [""; 0], "nothing is left");
}

#[test]
fn what_a_service_does_not_have_is_named() {
    let bench = Bench::new();
    let nothing = Releases::serving(|_| Reply::status(404));
    let ended = bench.inventory(&nothing, &[]);
    refused(&bench, &ended, "fetch-failed", "127.0.0.1:");
    assert!(
        ended.stderr.contains("has no postgresql-18."),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("Install one: "), "{}", ended.stderr);
    assert_eq!(nothing.asked().len(), 1, "asking again brings nothing");

    let nobody = bench
        .start(&nothing, &[])
        .env("PGPACT_FETCH_FROM", "http://127.0.0.1:1/releases")
        .end();
    refused(&bench, &nobody, "fetch-failed", "no answer");
    let plain = bench
        .start(&nothing, &[])
        .env("PGPACT_FETCH_FROM", "http://mirror.example.org")
        .end();
    assert_eq!(plain.status, 2, "{}", plain.stderr);
}

#[test]
fn an_archive_that_reaches_out_of_its_folder_is_refused() {
    let bench = Bench::new();
    let hostile = Releases::of(|name| {
        let escape = format!("{name}/../../../escaped");
        archive(&[
            (format!("{name}/bin/postgres"), "#!/bin/sh\n".to_owned()),
            (escape, "out".to_owned()),
        ])
    });
    let ended = bench.inventory(&hostile, &[]);
    refused(&bench, &ended, "fetch-refused", "leaves its folder");
    let escaped = glob::glob(&format!("{}/**/escaped", bench.folder.path().display()));
    assert_eq!(escaped.unwrap().count(), 0);
}

#[test]
fn programs_that_do_not_run_here_are_not_kept() {
    let bench = Bench::new();
    let broken = Releases::of(|name| {
        let script = "#!/bin/sh\necho libnothing.so.1: cannot open >&2\nexit 127\n";
        let programs = ["initdb", "postgres"];
        let files = programs.map(|program| (format!("{name}/bin/{program}"), script.to_owned()));
        archive(&files)
    });
    let ended = bench.inventory(&broken, &[]);
    refused(
        &bench,
        &ended,
        "fetch-failed",
        "does not run on this machine: libnothing.so.1",
    );
}

#[test]
fn redirects_are_followed_and_not_in_circles() {
    let bench = Bench::new();
    let moved = Releases::serving(|path| match path.strip_prefix("/releases") {
        Some(rest) => Reply {
            location: Some(format!("/elsewhere{rest}")),
            ..Reply::status(302)
        },
        None => release(path, small),
    });
    let ended = bench.inventory(&moved, &[]);
    // It got there: these programs are of another major than the newest.
    refused(&bench, &ended, "fetch-refused", "says that it is");

    let circle = Releases::serving(|path| Reply {
        location: Some(path.to_owned()),
        ..Reply::status(302)
    });
    let ended = bench.inventory(&circle, &[]);
    refused(&bench, &ended, "fetch-failed", "in circles");
}

#[test]
fn two_at_once_and_one_that_is_killed_leave_one_that_is_whole() {
    let drifted = tokio::runtime::Runtime::new().unwrap();
    let drifted = drifted.block_on(Drifted::new(WANTED, WANTED));
    let bench = Bench::new();
    // Slow enough for all to be under way together.
    let releases = Releases::serving(|path| {
        std::thread::sleep(Duration::from_millis(300));
        release(path, small)
    });
    let cache = bench.folder.path().join("cache");
    let start = || {
        let run = drifted.start(&["verify", "--expected", "wanted.sql", "--scratch", "fetched"]);
        run.without("PGPACT_PG_BIN")
            .env("PGPACT_FETCH_FROM", releases.address())
            .env("PGPACT_CACHE", &cache)
    };
    let mut killed = start().spawn();
    let mut both = [start().spawn(), start().spawn()];
    std::thread::sleep(Duration::from_millis(450));
    killed.kill().unwrap();
    killed.wait().unwrap();
    for run in &mut both {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    let kept = bench.kept();
    let whole: Vec<&String> = kept
        .iter()
        .filter(|name| name.starts_with("postgresql-"))
        .collect();
    assert_eq!(whole.len(), 1, "{kept:?}");
    assert!(
        kept.len() <= 2,
        "only the killed one left something: {kept:?}"
    );
    let again = start().arg("--offline").end();
    assert_eq!(again.status, 0, "{}", again.stderr);
}

#[test]
fn where_a_postgres_is_installed_nothing_is_asked_for() {
    let bench = Bench::new();
    let releases = Releases::of(small);
    for scratch in ["auto", "native"] {
        let run = bench.start(&releases, &[]).env("PGPACT_SCRATCH", scratch);
        let ended = run.end();
        assert_eq!(ended.status, 0, "{}", ended.stderr);
    }
    assert!(releases.asked().is_empty());
    assert!(bench.kept().is_empty());
}

/// Hides the machine's Postgres from one run; the stand-in's programs find it elsewhere, where nobody looks.
const HIDE: &str = "mkdir -p real/usr/lib/postgresql && ln -s /usr/share real/usr/share \
    && mount --bind /usr/lib/postgresql real/usr/lib/postgresql && mount -t tmpfs none /usr/lib/postgresql \
    && exec \"$@\"";

#[test]
fn where_none_is_installed_one_is_fetched_unless_that_is_not_wanted() {
    let is_debian = installation(15).is_some_and(|bin| bin.starts_with("/usr/lib/postgresql"));
    // Only root may hide something from a process alone.
    if !is_debian || !is_root() {
        return;
    }
    let bench = Bench::new();
    let real = bench.folder.path().join("real/usr/lib/postgresql/15/bin");
    let releases = Releases::serving(move |path| release(path, |name| scripts(name, &real)));
    let project = bench.folder.path().join("supabase/migrations");
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join("../config.toml"), "[db]\nmajor_version = 15\n").unwrap();
    fs::write(project.join("1_a.sql"), WANTED).unwrap();
    let inventory = |arguments: &[&str]| {
        let mut all = vec!["inventory", "supabase/migrations", "--cache", "cache"];
        all.extend(arguments);
        fs::remove_dir_all(bench.folder.path().join("real")).ok();
        let run = Run::new(&all)
            .without("PGPACT_PG_BIN")
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("PGPACT_FETCH_FROM", releases.address())
            .within(bench.folder.path());
        run.by("unshare", &["--mount", "sh", "-c", HIDE, "sh"])
            .end()
    };
    for unwanted in [["--scratch", "native"], ["--offline", "-q"]] {
        let ended = inventory(&unwanted);
        refused(
            &bench,
            &ended,
            "scratch-unavailable",
            "no Postgres server was found on this machine",
        );
        let says_how = ended.stderr.contains("Install one: apt-get install");
        assert!(says_how, "{}", ended.stderr);
    }
    assert!(releases.asked().is_empty());
    let ended = inventory(&[]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(bench.kept().len(), 1);
}

#[test]
fn a_postgres_in_the_process_is_not_offered_and_why_is_said() {
    let bench = Bench::new();
    let ended = bench
        .start(&Releases::of(small), &[])
        .env("PGPACT_SCRATCH", "embedded")
        .end();
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("docs/scratch.md"), "{}", ended.stderr);
    let page = crate::support::repository("docs/scratch.md");
    assert!(page.exists());
}
