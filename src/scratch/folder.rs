//! The scratch's folder: made for the user the server runs as, gone at the end, swept after a kill.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use crate::error::{Error, ErrorCode, Result};

const PREFIX: &str = "pgpact-";

/// A scratch with a large history stays well below this many bytes.
const ROOM: u64 = 2 << 30;

/// Who the server runs as: Postgres refuses root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// For root the user `postgres`, else `nobody`; none for anybody else, who needs no other.
    pub(super) fn unprivileged() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = |name: &str| {
            accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                (fields.next() == Some(name)).then_some(())?;
                let uid = fields.nth(1)?.parse().ok()?;
                let gid = fields.next()?.parse().ok()?;
                Some(Self { uid, gid })
            })
        };
        named("postgres").or_else(|| named("nobody")).or(Some(Self {
            uid: 65_534,
            gid: 65_534,
        }))
    }
}

/// Makes a folder that only the server's user can enter. Its name says who it belongs to: a file inside
/// would be missing when the run is killed between the two.
pub(super) fn make(user: Option<User>) -> Result<TempDir> {
    let mut refusal = None;
    // Where the first choice cannot be written to, the next one may.
    for root in usable_roots(user) {
        match make_in(&root, user) {
            Ok(folder) => return Ok(folder),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    Err(match refusal {
        Some(source) => failed("cannot make a folder for the scratch").with_source(source),
        None => failed("no folder for temporary files can be used by the user the scratch runs as"),
    }
    .with_help("Set TMPDIR to a folder that everybody may enter, such as /tmp."))
}

fn make_in(root: &Path, user: Option<User>) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", own_identity()))
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(root)?;
    if let Some(user) = user {
        chown(folder.path(), Some(user.uid), Some(user.gid))?;
    }
    Ok(folder)
}

/// A folder of ours alone, gone with what is given; after a kill the next run removes it.
pub fn temporary_folder() -> Result<TempDir> {
    make(None)
}

/// Removes what runs left behind that were killed before they could: server and folder.
pub(super) fn sweep(user: Option<User>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| sweep_now(user));
}

fn sweep_now(user: Option<User>) {
    let entries = usable_roots(user).filter_map(|root| fs::read_dir(root).ok());
    for entry in entries.flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_abandoned(&path, user) {
            tracing::info!(folder = %path.display(), "removing what a killed run left behind");
            stop_server(&path);
            remove(&path);
        }
    }
}

/// The folders to make ours in, best first: where TMPDIR says, else in memory when there is room, else the usual one; in memory as
/// well where nothing else can be written to.
fn usable_roots(user: Option<User>) -> impl Iterator<Item = PathBuf> {
    let roots = roots().into_iter();
    roots.filter(move |path| is_usable(path, user))
}

/// Every folder that a run may have chosen.
fn roots() -> Vec<PathBuf> {
    let memory = Path::new("/dev/shm");
    let has_room =
        rustix::fs::statvfs(memory).is_ok_and(|shape| shape.f_bavail * shape.f_frsize >= ROOM);
    let mut roots = vec![std::env::temp_dir(), PathBuf::from("/tmp")];
    if has_room {
        // Who names a folder wants that one, as long as it can be written to.
        let place = match std::env::var_os("TMPDIR") {
            Some(_) => roots.len(),
            None => 0,
        };
        roots.insert(place, memory.to_owned());
    }
    roots
        .into_iter()
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect()
}

/// Everybody on the way must be let in, and the path leave room for a socket's name (107 bytes in all).
fn is_usable(path: &Path, user: Option<User>) -> bool {
    path.as_os_str().len() < 58 && (user.is_none() || can_be_entered(path))
}

/// Whether everybody is let into a folder, or into as much of the way to it as there is.
pub(super) fn can_be_entered(path: &Path) -> bool {
    path.ancestors().all(|folder| match fs::metadata(folder) {
        Ok(data) => data.permissions().mode() & 0o001 != 0,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    })
}

/// A process that is just ending may still write: a second try finds what it wrote.
fn remove(folder: &Path) {
    for _ in 0..10 {
        fs::remove_dir_all(folder).ok();
        if !folder.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    tracing::warn!(folder = %folder.display(), "cannot remove what a killed run left behind");
}

fn own_identity() -> String {
    let pid = std::process::id();
    format!("{pid}-{}", start_time(pid).unwrap_or_default())
}

/// When a process started, in clock ticks since boot: a pid alone may be somebody else's by now.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    after_name.split_whitespace().nth(19).map(str::to_owned)
}

/// A folder is abandoned when the process it names is gone. Only what our own user made is judged.
fn is_abandoned(folder: &Path, user: Option<User>) -> bool {
    let Ok(metadata) = fs::symlink_metadata(folder) else {
        return false;
    };
    let mine = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    if !metadata.is_dir()
        || metadata.uid() != mine && metadata.uid() != rustix::process::geteuid().as_raw()
    {
        return false;
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut words = name.trim_start_matches(PREFIX).split('-');
    let Some(pid) = words.next().and_then(|word| word.parse::<u32>().ok()) else {
        return false;
    };
    let alive = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    !alive || start_time(pid).is_some_and(|start| Some(start.as_str()) != words.next())
}

/// Ends whatever was started in a folder: a server, or `initdb` and what it started.
fn stop_server(folder: &Path) {
    // A server is stopped at once; initdb ends by itself, and leaves shared memory behind when killed.
    for _ in 0..150 {
        if !processes_in(folder, "initdb").is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let pids = processes_in(folder, "");
    for signal in [Signal::QUIT, Signal::KILL] {
        pids.iter().for_each(|pid| {
            kill_process(*pid, signal).ok();
        });
        for _ in 0..100 {
            if pids.iter().all(|pid| test_kill_process(*pid).is_err()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Processes whose command line names the folder, or that work in it, as what `initdb` starts does.
/// A pid from a file alone may be anybody's by now.
fn processes_in(folder: &Path, program: &str) -> Vec<Pid> {
    let name = folder.to_string_lossy();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_string_lossy().parse::<i32>().ok()?;
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).into_owned();
            let works_there =
                || fs::read_link(entry.path().join("cwd")).is_ok_and(|at| at.starts_with(folder));
            let is_there = command.contains(program) && (command.contains(&*name) || works_there());
            is_there.then(|| Pid::from_raw(pid)).flatten()
        })
        .collect()
}

fn failed(message: &str) -> Error {
    Error::new(ErrorCode::ScratchFailed, message)
}
