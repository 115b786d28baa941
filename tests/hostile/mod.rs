//! Migrations that attack whoever replays them, and databases that attack whoever reads them: `fixtures/hostile`.
//!
//! A file says what it tries, which of its statements have to be refused, and what the verdict is. Whatever that is, no
//! file that it wanted to write is there afterwards, no secret is in any output, and nothing of the scratch is left.

mod bombs;
mod commands;
mod live;
mod names;
mod secrets;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::binary::{Ended, Run};
use crate::support::postgres::installation;
use crate::support::repository;
use crate::support::tidy::{left_behind, temporary};

/// What must never be in any output: in our environment, and in a file that everybody may read.
const SECRETS: &[(&str, &str)] = &[
    ("GITHUB_TOKEN", "ghs_c4n4ryOfTheEnvironment"),
    (
        "DATABASE_URL",
        "postgres://reader:c4n4ryPassword@db.example.com/app",
    ),
    ("SUPABASE_ACCESS_TOKEN", "sbp_c4n4ryOfTheApi"),
    ("ACTIONS_RUNTIME_TOKEN", "c4n4ryOfTheRunner"),
];
/// What a run may take in MiB, unless its file says otherwise: an error's message comes whole and is shortened then, and a
/// row is in memory while it passes.
const MOST_MEMORY: u64 = 300;
const CANARY: &str = "c4n4ry";
const ADMINS: [(&str, &str); 2] = [("plain", "pgpact_admin"), ("supabase", "supabase_admin")];

/// A hostile migration among two that mean well.
struct Case {
    name: String,
    text: String,
    /// What is to be seen afterwards, by its key.
    told: Vec<(String, String)>,
    folder: tempfile::TempDir,
    scratch: tempfile::TempDir,
}

impl Case {
    fn new(name: &str, admin: &str) -> Self {
        let path = repository(&format!("fixtures/hostile/{name}.sql"));
        let text = fs::read_to_string(path).unwrap();
        let told = text.lines().filter_map(|line| {
            let (key, value) = line.strip_prefix("-- ")?.split_once(": ")?;
            Some((key.to_owned(), value.to_owned()))
        });
        let told: Vec<_> = told.collect();
        let folder = temporary();
        // Whoever the server runs as could write here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, CANARY).unwrap();
        let text = text
            .replace("@mark@", folder.path().join("mark").to_str().unwrap())
            .replace("@secret@", secret.to_str().unwrap())
            .replace("@admin@", admin);
        let case = Self {
            name: name.to_owned(),
            text,
            told,
            folder,
            scratch: temporary(),
        };
        case.write("migrations/1_first.sql", KEPT);
        case.write("migrations/2_hostile.sql", &case.text);
        case.write("migrations/3_last.sql", AFTER);
        case.write("live.sql", &format!("{KEPT}{AFTER}"));
        case
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn told(&self, key: &str) -> impl Iterator<Item = &str> {
        let told = self.told.iter().filter(move |(told, _)| told == key);
        told.map(|(_, value)| value.as_str())
    }

    /// Whether the servers that are tried know what it needs.
    fn major(&self) -> Option<u32> {
        self.told("since")
            .next()
            .map(|major| major.parse().unwrap())
    }

    fn start(&self, arguments: &[&str]) -> Run {
        let mut run = Run::new(arguments)
            .within(self.folder.path())
            .env("TMPDIR", self.scratch.path())
            .env("GITHUB_ACTIONS", "true");
        for (name, value) in SECRETS {
            run = run.env(name, value);
        }
        if let Some(bin) = self.major().and_then(installation) {
            run = run.env("PGPACT_PG_BIN", bin);
        }
        for arguments in self.told("arguments") {
            run = arguments.split(' ').fold(run, Run::arg);
        }
        run
    }

    fn verify(&self, platform: &str) -> Ended {
        let begin = Instant::now();
        let (ended, peak) = self
            .start(&[
                "verify",
                "--format",
                "json",
                "-v",
                "--expected",
                "migrations",
            ])
            .arg("--live=live.sql")
            .arg("--platform")
            .arg(platform)
            .arg("--report=text=report.txt")
            .arg("--report=markdown=report.md")
            .end_with_peak();
        let took = begin.elapsed();
        assert!(
            took < Duration::from_secs(90),
            "{} took {took:?}",
            self.name
        );
        let most = self.told("memory").next();
        let most = most.map_or(MOST_MEMORY, |most| most.parse().unwrap());
        assert!(peak < most, "{} took {peak} MiB", self.name);
        self.contained(&ended);
        ended
    }

    /// What holds whatever the verdict is.
    fn contained(&self, ended: &Ended) {
        let name = &self.name;
        assert_eq!(marks(self.folder.path()), Vec::<PathBuf>::new(), "{name}");
        let left = left_behind(self.scratch.path());
        assert_eq!(left, Vec::<String>::new(), "{name} leaves this behind");
        for output in [&ended.stdout, &ended.stderr] {
            assert_eq!(commanding(output), None, "{name}");
        }
        let mut outputs = vec![ended.stdout.clone(), ended.stderr.clone()];
        for report in ["report.txt", "report.md"] {
            outputs.extend(fs::read_to_string(self.folder.path().join(report)));
        }
        for output in outputs {
            assert!(!output.contains(CANARY), "{name}: {output}");
            assert!(output.len() < 1 << 20, "{name} says {} bytes", output.len());
        }
    }

    /// Refused is what should be, and nothing else.
    fn check(&self, ended: &Ended) {
        let name = &self.name;
        let verdict = self.told("verdict").next().unwrap();
        let report = ended.json();
        let mut words = verdict.splitn(3, ' ');
        assert_eq!(
            report["verdict"],
            words.next().unwrap(),
            "{name}: {report:#}{}",
            ended.stderr
        );
        if let (Some(code), Some(said)) = (words.next(), words.next()) {
            assert_eq!(ended.status, 3, "{name}");
            assert_eq!(report["error"]["code"], code, "{name}: {report:#}");
            let message = report["error"]["message"].as_str().unwrap();
            assert!(message.contains(said), "{name}: {message}");
            return;
        }
        assert_eq!(ended.status, i32::from(verdict == "broken"), "{name}");
        let findings = report["findings"].as_array().unwrap();
        let refused = findings
            .iter()
            .filter(|finding| FAILED.contains(&finding["code"].as_str().unwrap()));
        let mut refused: Vec<usize> = refused
            .map(|finding| {
                let line = finding["location"]["line"].as_u64().unwrap();
                self.marker_before(usize::try_from(line).unwrap())
            })
            .collect();
        refused.sort_unstable();
        assert_eq!(refused, self.markers(), "{name}: {report:#}");
        for object in ["public.kept", "public.after_it"] {
            assert!(
                findings.iter().all(|finding| finding["object"] != object),
                "{name}: {report:#}"
            );
        }
        for finds in self.told("finds") {
            let words: Vec<&str> = finds.split(' ').collect();
            let is_it =
                |finding: &&Value| finding["code"] == words[0] && finding["object"] == words[1];
            let found = findings.iter().find(is_it);
            let found = found.unwrap_or_else(|| panic!("{name}: no {finds} in {report:#}"));
            let at = found["location"]["file"].as_str().unwrap_or_default();
            let file = words.get(2).copied().unwrap_or_default();
            assert!(at.ends_with(file), "{name}: {found:#}");
        }
    }

    /// Lines that say of the statement after them that it is refused.
    fn markers(&self) -> Vec<usize> {
        let lines = (1..).zip(self.text.lines());
        let markers = lines.filter(|(_, line)| *line == "-- refused");
        markers.map(|(number, _)| number).collect()
    }

    fn marker_before(&self, line: usize) -> usize {
        let markers = self.markers();
        let before = markers.iter().rev().find(|marker| **marker < line);
        before.copied().unwrap_or_default()
    }
}

const KEPT: &str = "create table public.kept (id int primary key);\n";
const AFTER: &str = "create table public.after_it (id int primary key);\n";

/// Codes of statements that were refused.
const FAILED: [&str; 2] = ["migration-failed", "migration-data-failed"];

/// Files that an attack wanted to write.
fn marks(folder: &Path) -> Vec<PathBuf> {
    let pattern = folder.join("mark*").display().to_string();
    glob::glob(&pattern).unwrap().flatten().collect()
}

/// A line that a workflow's runner would take for a command.
fn commanding(output: &str) -> Option<&str> {
    let mut lines = output.split(['\n', '\r']);
    lines.find(|line| line.trim_start().starts_with("::") || line.contains("##["))
}

fn tried(name: &str) {
    for (platform, admin) in ADMINS {
        let case = Case::new(name, admin);
        if case.told("platform").any(|only| only != platform) {
            continue;
        }
        if case
            .major()
            .is_some_and(|major| installation(major).is_none())
        {
            return;
        }
        let ended = case.verify(platform);
        case.check(&ended);
    }
}

/// A test for each file, so that they are tried side by side; one names those that have none.
macro_rules! hostile {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { tried(stringify!($name)); })*
        const TRIED: &[&str] = &[$(stringify!($name)),*];
    };
}

hostile!(
    casts,
    disk,
    endless,
    event_trigger,
    files,
    languages,
    login,
    memory,
    messages,
    network,
    notices,
    ours,
    replica,
    rights,
    rows,
    server,
    shadows,
    stubborn,
    suicide,
    temporary_files,
    workers,
);

#[test]
fn every_hostile_file_is_tried() {
    let pattern = repository("fixtures/hostile/*.sql");
    let files = glob::glob(pattern.to_str().unwrap()).unwrap().flatten();
    let names: Vec<String> = files
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, TRIED);
}
