//! The folder of what was fetched: who may get there, and how something gets there whole or not at all.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::failed;
use crate::error::Result;
use crate::scratch::folder::{User, can_be_entered};
use crate::scratch::installation;

const NEW: &str = ".new-";
/// What a killed run was unpacking for longer than this, nobody unpacks any more.
const ABANDONED: Duration = Duration::from_secs(3600);
/// Where root keeps what another user has to read: its own folder is closed to all others.
const OF_ROOT: &str = "/var/cache/pgpact";

/// The folders that may hold what was fetched, best first: in the cache that was named, else in the user's.
pub(super) fn folders(cache: Option<&Path>, user: Option<User>) -> Vec<PathBuf> {
    let named = cache.and_then(|cache| std::path::absolute(cache).ok());
    let of_root = user.is_some().then(|| PathBuf::from(OF_ROOT));
    let of_user = of_user().filter(|folder| user.is_none() || is_roots_alone(folder));
    let folders = [named, of_user, of_root].into_iter().flatten();
    folders
        .filter(|folder| user.is_none() || can_be_entered(folder))
        .map(|folder| folder.join("postgres"))
        .collect()
}

/// The user's folder for what can be had again.
fn of_user() -> Option<PathBuf> {
    let set = |name: &str| {
        let value = PathBuf::from(std::env::var_os(name)?);
        value.is_absolute().then_some(value)
    };
    let usual = match cfg!(target_os = "macos") {
        true => "Library/Caches",
        false => ".cache",
    };
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(usual)))?;
    Some(caches.join("pgpact"))
}

/// Whether nobody but root could have put something there: `sudo` may leave us the home of who called it, and what is
/// kept is run.
fn is_roots_alone(folder: &Path) -> bool {
    let mut on_the_way = folder.ancestors().filter_map(|one| fs::metadata(one).ok());
    on_the_way.all(|data| data.uid() == 0)
}

/// Makes the first of them that can be written to.
pub(super) fn make(cache: Option<&Path>, user: Option<User>) -> Result<PathBuf> {
    let mut refusal = None;
    for folder in folders(cache, user) {
        match create(&folder).and_then(|()| begin_in(&folder)) {
            Ok(_) if user.is_none() || can_be_entered(&folder) => return Ok(folder),
            Ok(_) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let error = failed("there is no folder to keep Postgres in");
    let error = match refusal {
        Some(source) => error.with_source(source),
        None => error,
    };
    Err(error.with_help("Name one with --cache DIR, which the user that the throwaway server runs as (postgres or nobody, for root) may enter."))
}

/// Makes a folder and what is missing on the way to it, open to everybody whatever our mask says.
fn create(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|one| !one.exists()).collect();
    fs::create_dir_all(folder)?;
    missing.into_iter().try_for_each(open)
}

fn open(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// A folder beside what is kept, gone with what is given.
pub(super) fn begin(folder: &Path) -> Result<TempDir> {
    begin_in(folder).map_err(|source| {
        failed(format!("cannot write to {}", folder.display())).with_source(source)
    })
}

fn begin_in(folder: &Path) -> io::Result<TempDir> {
    let new = tempfile::Builder::new().prefix(NEW).tempdir_in(folder)?;
    // The server's user tries it out before it has its place.
    open(new.path())?;
    Ok(new)
}

/// Removes what killed runs left half done.
pub(super) fn sweep(folder: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_new = entry.file_name().to_string_lossy().starts_with(NEW);
        let changed = entry.metadata().and_then(|data| data.modified());
        let age = changed.map(|changed| now.duration_since(changed).unwrap_or_default());
        if is_new && age.is_ok_and(|age| age > ABANDONED) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Runs what was unpacked, as the user that its server will run as.
pub(super) fn try_out(unpacked: &Path, major: u32, user: Option<User>) -> Result<()> {
    let bin = unpacked.join("bin");
    let mut command = Command::new(bin.join("postgres"));
    command.arg("--version").env_clear().stdin(Stdio::null());
    command.current_dir("/");
    // As the server will be run: an installation outside the system's folders finds its libraries this way.
    if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    let cannot = "the Postgres that was fetched does not run on this machine";
    let output = command
        .output()
        .map_err(|source| failed(cannot).with_source(source))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().chars().take(500).collect();
        return Err(failed(format!("{cannot}: {said}")));
    }
    match installation::examine(&bin) {
        Some(found) if found.major == major => Ok(()),
        Some(found) => Err(super::refused(format!(
            "what was fetched as Postgres {major} says that it is {}",
            found.version
        ))),
        None => Err(super::refused("what was fetched holds no Postgres server")),
    }
}

/// Gives what is whole its name. Where another run was faster its own is as good; where something broken lies there, it
/// goes.
pub(super) fn put(unpacked: &Path, place: &Path) -> Result<()> {
    let cannot = |source| {
        failed(format!("cannot put Postgres into {}", place.display())).with_source(source)
    };
    if fs::rename(unpacked, place).is_ok() || installation::examine(&place.join("bin")).is_some() {
        return Ok(());
    }
    let aside = unpacked.with_extension("broken");
    fs::rename(place, &aside).map_err(cannot)?;
    fs::rename(unpacked, place).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_that_was_named_comes_first() {
        let cache = tempfile::tempdir().unwrap();
        let folders = folders(Some(cache.path()), None);
        assert_eq!(folders[0], cache.path().join("postgres"));
    }

    #[test]
    fn a_folder_that_the_servers_user_cannot_enter_is_not_used() {
        let closed = tempfile::tempdir().unwrap();
        fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let user = User { uid: 1, gid: 1 };
        let folders = folders(Some(&closed.path().join("cache")), Some(user));
        let inside = folders.iter().find(|one| one.starts_with(closed.path()));
        assert_eq!(inside, None);
        assert!(folders.contains(&PathBuf::from("/var/cache/pgpact/postgres")));
    }

    #[test]
    fn root_runs_nothing_from_a_folder_of_somebody_elses() {
        assert!(is_roots_alone(Path::new("/var/cache/pgpact")));
        let folder = tempfile::tempdir().unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
        }
        assert!(!is_roots_alone(&folder.path().join("not/there/yet")));
    }

    #[test]
    fn what_is_whole_takes_the_place_of_what_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let (new, place) = (folder.path().join("new"), folder.path().join("place"));
        for (path, text) in [(&new, "whole"), (&place, "broken")] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("file"), text).unwrap();
        }
        put(&new, &place).unwrap();
        assert_eq!(fs::read_to_string(place.join("file")).unwrap(), "whole");
    }

    #[test]
    fn what_a_killed_run_left_goes_after_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        for (name, hours) in [(".new-old", 2), (".new-young", 0), ("postgresql-1", 2)] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            let then = SystemTime::now() - Duration::from_secs(hours * 3600 + 1);
            fs::File::open(&path).unwrap().set_modified(then).unwrap();
        }
        sweep(folder.path());
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".new-young", "postgresql-1"]);
    }
}
