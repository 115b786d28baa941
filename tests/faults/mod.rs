//! What goes wrong around a run: each fault ends in a verdict or in `unknown` with a code of its own, within its time, and
//! leaves nothing behind. `docs/reliability.md` is made from the rows, and each row is held to what happens.

mod database;
mod machine;
mod rows;
mod services;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::documentation::must_be;
use crate::support::binary::{Ended, Run};
use crate::support::tidy::{left_behind, temporary};

use rows::{ROWS, Row};

const WANTED: &str = "
create table public.people (id int primary key, name text not null);
create view public.names as select name from public.people;
alter table public.people enable row level security;
create policy own on public.people using (name = current_user);
";

/// A folder with a contract, and another for temporary files.
struct Trial {
    row: &'static Row,
    folder: tempfile::TempDir,
    scratch: tempfile::TempDir,
}

impl Trial {
    fn of(fault: &str) -> Self {
        let row = ROWS.iter().find(|row| row.fault == fault);
        let folder = temporary();
        std::fs::write(folder.path().join("wanted.sql"), WANTED).unwrap();
        Self {
            row: row.unwrap_or_else(|| panic!("no row says {fault}")),
            folder,
            scratch: temporary(),
        }
    }

    fn start(&self, arguments: &[&str]) -> Run {
        Run::new(arguments)
            .within(self.folder.path())
            .env("TMPDIR", self.scratch.path())
    }

    fn verify(&self, live: &str) -> Run {
        self.start(&[
            "verify",
            "-q",
            "--format=json",
            "--platform=plain",
            "--expected=wanted.sql",
        ])
        .env("PGPACT_LIVE", live)
    }

    /// Runs it and holds what comes of it to the row.
    fn end(&self, run: Run) -> Ended {
        let begin = Instant::now();
        let ended = run.end();
        self.check(&ended, begin.elapsed());
        ended
    }

    fn check(&self, ended: &Ended, took: Duration) {
        let Row {
            fault,
            verdict,
            codes,
            status,
            within,
        } = self.row;
        assert_eq!(
            ended.status, *status,
            "{fault} after {took:?}: {}{}",
            ended.stdout, ended.stderr
        );
        let report = ended.json();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(word(&report["verdict"]), *verdict, "{fault}");
        let code = word(&report["error"]["code"]);
        assert!(
            codes.contains(&code.as_str()) || code.is_empty() && codes.is_empty(),
            "{fault}: {code}"
        );
        assert!(
            took <= Duration::from_secs(*within),
            "{fault} took {took:?}"
        );
        self.tidy();
    }

    fn tidy(&self) {
        let left = left_behind(self.scratch.path());
        assert_eq!(left, Vec::<String>::new(), "{}", self.row.fault);
    }
}

#[test]
fn the_page_says_what_happens() {
    let mut text = String::from(
        "# Reliability\n\nMade from the tests in `tests/faults`, which try each of these on the real binary: what goes wrong, and what comes of it. None of\nthem ever says `holds` about a database that was not read, and none leaves a server, a folder or a database behind.\n\n| what goes wrong | verdict | code | exit status | within |\n|---|---|---|---|---|\n",
    );
    for row in ROWS {
        let codes: Vec<String> = row.codes.iter().map(|code| format!("`{code}`")).collect();
        let codes = match codes.is_empty() {
            true => "–".to_owned(),
            false => codes.join(" or "),
        };
        let Row {
            fault,
            verdict,
            status,
            within,
            ..
        } = row;
        writeln!(
            text,
            "| {fault} | {verdict} | {codes} | {status} | {within} s |"
        )
        .unwrap();
    }
    text.push_str("\nThe times are limits of the tests on a busy machine, not what it usually takes. `--timeout` is 5 to 30 s where it decides.\n\nWith 64 MB of memory for pgpact and its scratch together the system ends the run (exit status 137): there is no verdict, and the next\nrun removes what is left (`tests/faults/machine.rs`).\n\nMore of the same kind is told in `tests/github/retry.rs` (GitHub that is down, slow, or limits its rate), `tests/hosted/faults.rs`\n(the Management API), `tests/cli/cleanliness.rs` (ended or killed at any stage) and `tests/serve/health.rs` (a database that comes back).\n");
    must_be("docs/reliability.md", &text);
}
