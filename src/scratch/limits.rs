//! What a scratch's server may take of the machine: memory, room for its files, and no core dumps.
//!
//! Migrations are somebody else's SQL, and filling a disk or the memory takes no right at all.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;

const GIB: u64 = 1 << 30;
/// So much stays free where the files lie, whoever else writes there.
const KEPT_FREE: u64 = 256 << 20;
/// Files are measured when so much less is free than the last time, or now and then.
const NOTABLE: u64 = 64 << 20;
const OFTEN: Duration = Duration::from_millis(100);
const NOW_AND_THEN: Duration = Duration::from_secs(2);

/// Limits a process and what it starts: no core dumps, so much address space. Where the system knows no such limit, or
/// has a lower one already, it stays as it is.
///
/// A shell says it: between fork and exec Rust lets nobody act without unsafe code, and setting the limits of another
/// user's process takes a capability that containers do not have.
const LIMIT: &str = "ulimit -c 0; ulimit -v \"$1\" 2>/dev/null; shift; exec \"$@\"";

/// How much a scratch may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All its files, in bytes.
    pub files: u64,
    /// The memory of each of its processes, in bytes.
    pub memory: u64,
}

impl Limits {
    /// So many GiB of files, and half of that for each process.
    pub fn of(gib: u64) -> Self {
        let files = gib.saturating_mul(GIB);
        Self {
            files,
            memory: files / 2,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(4)
    }
}

/// A command that runs a program within limits.
pub(super) fn command(program: &OsStr, limits: Limits) -> Command {
    let mut command = Command::new("/bin/sh");
    let kib = (limits.memory >> 10).to_string();
    command.args(["-c", LIMIT, "sh", &kib]).arg(program);
    command
}

/// Looks after the files of a server, and ends it when they take too much.
#[derive(Debug)]
pub(super) struct Watch {
    task: JoinHandle<()>,
    reason: Arc<OnceLock<String>>,
}

impl Watch {
    /// Begins to look.
    pub(super) fn begin(folder: &Path, server: Option<Pid>, limits: Limits) -> Self {
        let reason = Arc::new(OnceLock::new());
        let (folder, told) = (folder.to_owned(), reason.clone());
        let task = tokio::spawn(async move {
            let why = outgrown(folder, limits).await;
            // Before the server ends: whoever loses the connection asks why.
            told.set(why).ok();
            if let Some(server) = server {
                kill_process(server, Signal::QUIT).ok();
            }
        });
        Self { task, reason }
    }

    /// Why the server was ended, if it was.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until the files take too much, and says so.
async fn outgrown(folder: PathBuf, limits: Limits) -> String {
    let mut last_free = u64::MAX;
    let mut last_look = Instant::now();
    loop {
        tokio::time::sleep(OFTEN).await;
        let free = rustix::fs::statvfs(&folder).map_or(u64::MAX, |shape| {
            shape.f_bavail.saturating_mul(shape.f_frsize)
        });
        let is_notable = free.saturating_add(NOTABLE) < last_free;
        if !is_notable && last_look.elapsed() < NOW_AND_THEN {
            continue;
        }
        (last_free, last_look) = (free, Instant::now());
        let measured = folder.clone();
        let taken = tokio::task::spawn_blocking(move || size(&measured)).await;
        let taken = taken.unwrap_or_default();
        if taken > limits.files {
            let most = limits.files / GIB;
            return format!("it was ended because its files took more than {most} GiB");
        }
        // What others fill is not for us to make room in.
        if free < KEPT_FREE && taken > KEPT_FREE {
            return "it was ended because hardly any room was left for its files".to_owned();
        }
    }
}

/// The room that files take below a folder. What goes while it is counted is nobody's loss.
fn size(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;

    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size(&entry.path()),
            Ok(data) => data.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_with_its_arguments_within_the_limits() {
        let limits = Limits {
            files: GIB,
            memory: 512 << 20,
        };
        let output = command(OsStr::new("/bin/sh"), limits)
            .args(["-c", "echo $(ulimit -c) $(ulimit -v) \"$0\"", "a b"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(said, "0 524288 a b\n");
        } else {
            assert!(said.ends_with("a b\n"), "{said}");
        }
    }

    #[tokio::test]
    async fn files_that_take_too_much_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            files: 1 << 20,
            memory: GIB,
        };
        let watch = Watch::begin(folder.path(), None, limits);
        tokio::time::sleep(OFTEN * 3).await;
        assert_eq!(watch.reason(), None);
        std::fs::write(folder.path().join("a"), vec![1; 2 << 20]).unwrap();
        let begin = Instant::now();
        while watch.reason().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(OFTEN).await;
        }
    }
}
