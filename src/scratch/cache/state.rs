//! A server's data after a replay, copied right after a checkpoint while nobody else is on it, to go on from there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::folder::User;
use super::super::replay::Progressed as Replay;

/// Folders whose files are of no use to another server (documentation, "Making a Base Backup Using the Low Level API").
const OF_THE_MOMENT: &[&str] = &[
    "pg_dynshmem",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
];

const ABOUT: &str = "about.json";
const DATA: &str = "data";

/// How far a replay had come.
pub(in crate::scratch) type Progressed = Replay;

/// A kept server that was found to be whole.
#[derive(Debug)]
pub(in crate::scratch) struct State {
    data: PathBuf,
    progressed: Progressed,
}

#[derive(Serialize, Deserialize)]
struct About {
    key: String,
    hash: String,
    progressed: Progressed,
}

impl State {
    /// Opens an entry; the error says what is wrong with it.
    pub(super) fn open(path: &Path, key: &str) -> Result<Self, &'static str> {
        let about = fs::read(path.join(ABOUT)).map_err(|_| "it says nothing of itself")?;
        let about: About = serde_json::from_slice(&about).map_err(|_| "it cannot be read")?;
        if about.key != key {
            return Err("it is another history's");
        }
        let data = path.join(DATA);
        let hash = hash(&data).map_err(|_| "its files cannot be read")?;
        if hash != about.hash {
            return Err("it is not what was written");
        }
        Ok(Self {
            data,
            progressed: about.progressed,
        })
    }

    /// Puts the data where a server of this user can use it, and gives how far the replay had come.
    pub(in crate::scratch) fn unpack(
        self,
        to: &Path,
        user: Option<User>,
    ) -> io::Result<Progressed> {
        let owner = user.map(|user| (user.uid, user.gid));
        copy(&self.data, to, owner, &|_| true)?;
        // Left out when it was kept, and looked for by a server that starts.
        for name in OF_THE_MOMENT {
            let folder = to.join(name);
            fs::create_dir_all(&folder)?;
            own(&folder, owner)?;
        }
        Ok(self.progressed)
    }
}

/// Writes an entry: whole, or not at all.
pub(super) fn save(
    folder: &Path,
    path: &Path,
    key: &str,
    data: &Path,
    first_wal: &str,
    progressed: &Progressed,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let new = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(folder)?;
    let copied = new.path().join(DATA);
    let is_wanted = |file: &Path| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let inside = file.parent().and_then(Path::file_name).unwrap_or_default();
        let is_old_wal = inside == "pg_wal" && name.len() == 24 && *name < *first_wal;
        let is_of_the_moment = OF_THE_MOMENT.contains(&&*inside.to_string_lossy());
        !is_old_wal && !is_of_the_moment && !name.starts_with("postmaster.")
    };
    copy(data, &copied, None, &is_wanted)?;
    let about = About {
        key: key.to_owned(),
        hash: hash(&copied)?,
        progressed: progressed.clone(),
    };
    fs::write(new.path().join(ABOUT), serde_json::to_vec(&about)?)?;
    if !path.exists() {
        fs::rename(new.path(), path)?;
        // It has another name now.
        let _gone = new.keep();
    }
    Ok(())
}

/// Copies a folder; only folders and files, for a link leads out of it.
fn copy(
    from: &Path,
    to: &Path,
    owner: Option<(u32, u32)>,
    is_wanted: &dyn Fn(&Path) -> bool,
) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().mode(0o700).create(to)?;
    own(to, owner)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&path, &target, owner, is_wanted)?;
        } else if kind.is_file() && is_wanted(&path) {
            fs::copy(&path, &target)?;
            own(&target, owner)?;
        } else if kind.is_symlink() {
            return Err(io::Error::other("it has a tablespace of its own"));
        }
    }
    Ok(())
}

fn own(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match owner {
        Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// A hash of every file's name and content.
fn hash(folder: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        let text = fs::read(&file)?;
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(&text);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
