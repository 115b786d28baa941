//! What a process on the machine can see of ours while migrations run.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{CANARY, Case};
use crate::support::tidy::processes;

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let pattern = format!("{}/**/*", folder.display());
    let found = glob::glob(&pattern).unwrap().flatten();
    found.filter(|path| path.is_file()).collect()
}

fn limit(pid: u32, name: &str) -> String {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len()..]
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn nothing_of_ours_is_where_migrations_could_look() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let case = Case::new("endless", "pgpact_admin");
    fs::set_permissions(
        case.scratch.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o777),
    )
    .unwrap();
    let run = case.start(&["verify", "-q", "--expected=migrations", "--live=live.sql"]);
    let mut child = run.by_nobody().spawn();
    let begin = Instant::now();
    let servers = loop {
        // The postmaster and the two that serve us, one of them in the loop.
        let servers = processes(case.scratch.path());
        let sockets = glob::glob(&format!(
            "{}/pgpact-*/.s.PGSQL.5432",
            case.scratch.path().display()
        ));
        if !servers.is_empty() && sockets.unwrap().next().is_some() {
            std::thread::sleep(Duration::from_secs(2));
            break processes(case.scratch.path());
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "no server comes");
        std::thread::sleep(Duration::from_millis(20));
    };
    for (pid, command) in &servers {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        assert!(!environment.contains(CANARY), "{command}: {environment}");
        assert_eq!(limit(*pid, "Max core file size"), "0", "{command}");
        assert_eq!(limit(*pid, "Max address space"), "2147483648", "{command}");
    }
    for path in files(case.scratch.path()) {
        let text = fs::read(&path).unwrap_or_default();
        let holds = text
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        assert!(!holds, "{}", path.display());
    }
    // What may not be dumped is root's, for others who run as the same user.
    let own = child.id();
    let environment = fs::metadata(format!("/proc/{own}/environ")).unwrap();
    assert_eq!(
        environment.uid(),
        0,
        "our environment is open to our own user"
    );
    assert_eq!(limit(own, "Max core file size"), "0");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}
