//! What is there for people at a desk: `init`, `explain`, `man`, `scratch`, `verify --watch`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

use pgpact::error::ErrorCode;
use pgpact::findings::all_codes;
use pgpact::inspect::Connection;
use sqlx::Executor as _;

use crate::support::binary::Run;
use crate::support::repository;

const FIRST: &str = "create table public.papers (id bigint primary key, title text);\n";

/// A run that is read line by line, and killed when it is dropped.
struct Running {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn begin(run: Run) -> Self {
        let mut process = run.begin();
        let stdout = process.stdout.take().unwrap();
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                told.send(line).ok();
            }
        });
        Self { process, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    /// Reads until a line says something.
    fn until(&self, what: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(what) {
                return line;
            }
        }
    }

    /// As Ctrl-C does.
    fn interrupt(mut self) -> i32 {
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn write(at: &Path, name: &str, text: &str) {
    let path = at.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn every_code_is_explained_and_a_misspelt_one_finds_the_nearest() {
    let explain = |code: &str| Run::new(&["explain", code]).end();
    for code in ["rls-disabled", "live-unreachable"] {
        let ended = explain(code);
        assert_eq!(ended.status, 0);
        assert!(ended.stdout.starts_with(code), "{}", ended.stdout);
        assert!(ended.stdout.lines().count() >= 5, "{}", ended.stdout);
    }
    let ended = explain("rls-disable");
    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("\"rls-disabled\""),
        "{}",
        ended.stderr
    );
    let listed = Run::new(&["explain"]).end().stdout;
    let codes = all_codes().into_iter().map(|origin| origin.code);
    for code in codes.chain(ErrorCode::ALL.map(|code| code.to_string())) {
        assert!(listed.lines().any(|line| line.ends_with(&code)), "{code}");
    }
}

#[test]
fn the_man_page_has_every_command_and_each_has_its_own() {
    let page = Run::new(&["man"]).end();
    assert_eq!(page.status, 0);
    assert!(page.stdout.contains(".TH pgpact 1"), "{}", page.stdout);
    for command in ["verify", "reconcile", "explain"] {
        assert!(
            page.stdout.contains(&format!("\\-{command}(1)")),
            "{command}"
        );
    }
    let page = Run::new(&["man", "verify"]).end().stdout;
    assert!(page.contains(".TH pgpact-verify 1"), "{page}");
    assert!(page.contains("\\-\\-watch"), "{page}");
    assert_eq!(Run::new(&["man", "verfy"]).end().status, 2);
}

#[test]
fn init_writes_what_verify_then_takes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let none = Run::new(&["init", "--yes"]).within(at).end();
    assert_eq!(none.status, 2, "{}", none.stdout);
    assert!(none.stderr.contains("pgpact init DIR"), "{}", none.stderr);
    write(at, "supabase/config.toml", "project_id = \"x\"\n");
    write(at, "supabase/migrations/20250101000000_first.sql", FIRST);
    write(at, "node_modules/x/migrations/001.sql", FIRST);
    write(at, ".git/HEAD", "ref: refs/heads/master\n");
    let unasked = Run::new(&["init"]).within(at).end();
    assert_eq!(unasked.status, 2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert!(!at.join("pgpact.toml").exists());

    let ended = Run::new(&["init", "--yes"]).within(at).end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    for said in [
        "1 migration of supabase",
        "pgpact.toml: written",
        "Next:",
        "pooler",
    ] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
    }
    let workflow = fs::read_to_string(at.join(".github/workflows/verify-contract.yml")).unwrap();
    assert!(workflow.contains("branches: [master]"), "{workflow}");
    assert!(
        workflow.contains("paths: [supabase/migrations/**]"),
        "{workflow}"
    );
    // README shows the same, for main.
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    assert!(readme.contains(&workflow.replace("[master]", "[main]")));
    write(at, "live.sql", FIRST);
    let verified = Run::new(&["verify", "-q", "--live", "live.sql"])
        .within(at)
        .end();
    assert_eq!(verified.status, 0, "{}{}", verified.stdout, verified.stderr);

    // What somebody wrote since stays.
    write(at, "pgpact.toml", "fail_on = \"note\"\n");
    let again = Run::new(&["init", "--yes"]).within(at).end();
    assert!(
        again.stdout.contains("is there already"),
        "{}",
        again.stdout
    );
    let kept = fs::read_to_string(at.join("pgpact.toml")).unwrap();
    assert_eq!(kept, "fail_on = \"note\"\n");
    write(at, "db/migrations/001_first.sql", FIRST);
    let several = Run::new(&["init", "--yes"]).within(at).end();
    assert_eq!(several.status, 2);
    assert!(
        several.stderr.contains("db/migrations"),
        "{}",
        several.stderr
    );
    let named = Run::new(&["init", "--yes", "--force", "db/migrations"])
        .within(at)
        .end();
    assert_eq!(named.status, 0, "{}", named.stderr);
    let config = fs::read_to_string(at.join("pgpact.toml")).unwrap();
    assert!(
        config.contains("expected = \"db/migrations\"\n"),
        "{config}"
    );
    assert!(config.contains("platform = \"plain\"\n"), "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scratch_can_be_used_until_it_is_interrupted_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    write(folder.path(), "contract.sql", FIRST);
    let run = Run::new(&["scratch", "--expected", "contract.sql"])
        .within(folder.path())
        .env("TMPDIR", temporary.path());
    // Who runs the server is another user, and has to reach its folder.
    fs::set_permissions(
        temporary.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let running = Running::begin(run);
    let url = running.line();
    let target = Connection::parse(&url.clone().into()).unwrap();
    let mut connection = target.connect(Duration::from_secs(10)).await.unwrap();
    connection
        .execute("insert into public.papers values (1, 'one')")
        .await
        .unwrap();
    drop(connection);
    assert_eq!(running.interrupt(), 0);
    assert!(target.connect(Duration::from_secs(1)).await.is_err());
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let snapshot = Run::new(&["scratch", "--expected", "contract.json"])
        .within(folder.path())
        .end();
    assert_eq!(snapshot.status, 2, "{}", snapshot.stderr);
}

#[test]
fn watching_verifies_again_when_a_migration_changes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "migrations/001_first.sql", FIRST);
    write(at, "live.sql", FIRST);
    let run = Run::new(&[
        "verify",
        "--watch",
        "--expected",
        "migrations",
        "--live",
        "live.sql",
    ])
    .within(at);
    let running = Running::begin(run);
    running.until("holds");
    write(
        at,
        "migrations/002_more.sql",
        "alter table public.papers add column more text;\n",
    );
    running.until("public.papers.more");
    running.until("broken");
    // What cannot be read meanwhile does not end it.
    fs::remove_dir_all(at.join("migrations")).unwrap();
    running.until("migrations");
    write(at, "migrations/001_first.sql", FIRST);
    running.until("holds");
    assert_eq!(running.interrupt(), 130);
}
