//! Files of a git repository as they were at a revision.

use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;

use super::files::{Kept, plain};
use super::invalid;
use crate::error::{Error, Result};

/// What of a repository matters here: migrations, and the files that say how they are kept.
const WANTED: [&str; 3] = [".sql", ".json", ".toml"];

/// A repository that a folder is in.
///
/// It is only read, and by our own code: whoever owns it, no program that its configuration names is run.
/// So it needs no `safe.directory` (`git help config`), as a container's workspace otherwise does.
#[derive(Debug)]
pub struct Repository {
    repository: gix::Repository,
    /// Where its files stand on the disk, links followed.
    root: PathBuf,
}

impl Repository {
    /// Finds the repository that a folder is in.
    pub fn around(folder: &Path) -> Result<Self> {
        let found = gix::discover_opts(
            folder,
            gix::discover::upwards::Options::default(),
            gix::open::Options::isolated(),
        );
        let repository = found.map_err(|source| {
            invalid(format!("{} is in no git repository", super::shown(folder)))
                .with_source(source)
                .with_help("Run pgpact inside of the repository's checkout.")
        })?;
        let root = repository.workdir().unwrap_or_else(|| repository.git_dir());
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        Ok(Self { repository, root })
    }

    /// The full name of a commit.
    pub fn commit(&self, revision: &str) -> Result<String> {
        self.find(revision).map(|id| id.to_string())
    }

    /// The commit that two revisions have in common last; none where history does not say, as in a shallow clone.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>> {
        let (one, other) = (self.find(one)?, self.find(other)?);
        let base = self.repository.merge_base(one, other).ok().flatten();
        Ok(base.map(|id| id.to_string()))
    }

    /// The migrations in a folder, or a file, at a revision: none when it is not there.
    ///
    /// Paths are those that the files have or would have on the disk. The file above a folder that says how
    /// it is kept comes along.
    pub fn files_at(&self, revision: &str, place: &Path) -> Result<Kept> {
        let inside = self.inside(place)?;
        let commit = self.find(revision)?;
        let unreadable = |what: &str| invalid(format!("git: {what} of {revision} cannot be read"));
        let tree = self
            .repository
            .find_object(commit)
            .map_err(|error| unreadable("the commit").with_source(error))?
            .peel_to_tree()
            .map_err(|error| unreadable("the files").with_source(error))?;
        let mut kept = Vec::new();
        let file = |path: &Path| -> Option<Vec<u8>> {
            let entry = tree.lookup_entry_by_path(path).ok().flatten()?;
            let is_file = entry.mode().is_blob();
            is_file.then(|| entry.object().ok().map(|object| object.data.clone()))?
        };
        let below = match inside.as_os_str().is_empty() {
            true => Some(tree.clone()),
            false => subtree(&tree, &inside),
        };
        if let Some(below) = below {
            collect(&below, &inside, &mut kept)
                .map_err(|error| unreadable("a folder").with_source(error))?;
        }
        let around = plain(&inside.join("../config.toml"));
        for path in [inside, around] {
            kept.extend(file(&path).map(|bytes| (path.clone(), bytes)));
        }
        // Spelled as the caller spells it, links or not.
        let inside = self.inside(place)?;
        let outside = absolute(place);
        let root = outside
            .ancestors()
            .nth(inside.components().count())
            .unwrap_or(&self.root);
        let kept = kept
            .into_iter()
            .map(|(path, bytes)| (root.join(path), bytes));
        Ok(Kept::new(kept))
    }

    /// A folder's path from the root; it need not exist on the disk.
    fn inside(&self, folder: &Path) -> Result<PathBuf> {
        let absolute = absolute(folder);
        // Links on the way to the root are followed where there is something to follow.
        let full = absolute.ancestors().find_map(|above| {
            let rest = absolute.strip_prefix(above).ok()?;
            Some(std::fs::canonicalize(above).ok()?.join(rest))
        });
        let full = full.unwrap_or(absolute);
        let inside = full.strip_prefix(&self.root).map(Path::to_owned);
        inside.map_err(|_| {
            invalid(format!(
                "{} is outside of the repository",
                super::shown(folder)
            ))
            .with_help("Name a folder of the repository that the working directory is in.")
        })
    }

    fn find(&self, revision: &str) -> Result<gix::ObjectId> {
        let unknown = |source: gix::Error| -> Error {
            let is_shallow = self.repository.is_shallow().unwrap_or(false);
            invalid(format!("git knows no revision {revision}"))
                .with_source(source)
                .with_help(match is_shallow {
                    true => "This is a shallow clone: fetch more with `git fetch --unshallow`, or check out with fetch-depth: 0.",
                    false => "Name a branch, tag or commit that is here; `git fetch` gets what is not.",
                })
        };
        let spec = format!("{revision}^{{commit}}");
        let found = self.repository.rev_parse_single(spec.as_str());
        found.map(gix::Id::detach).map_err(unknown)
    }
}

fn absolute(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    plain(&here.join(path))
}

fn subtree<'a>(tree: &gix::Tree<'a>, folder: &Path) -> Option<gix::Tree<'a>> {
    let entry = tree.lookup_entry_by_path(folder).ok().flatten()?;
    entry.object().ok()?.try_into_tree().ok()
}

/// All files below a folder that matter, by path from the root.
fn collect(
    tree: &gix::Tree<'_>,
    folder: &Path,
    kept: &mut Vec<(PathBuf, Vec<u8>)>,
) -> std::result::Result<(), gix::Error> {
    for entry in tree.iter() {
        let entry = entry?;
        let name = entry.filename().to_str_lossy().into_owned();
        let path = folder.join(&name);
        match entry.mode().kind() {
            EntryKind::Tree => collect(&entry.object()?.into_tree(), &path, kept)?,
            EntryKind::Blob | EntryKind::BlobExecutable
                if WANTED.iter().any(|ending| name.ends_with(ending)) =>
            {
                kept.push((path, entry.object()?.data.clone()));
            }
            EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit => {}
        }
    }
    Ok(())
}

/// The name that git gives a file's content, as GitHub lists it.
pub fn blob_id(bytes: &[u8]) -> String {
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, bytes);
    id.map(|id| id.to_string()).unwrap_or_default()
}
