//! An archive becomes a folder, or is refused as a whole: nothing of it lies anywhere but in its one folder.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use super::{failed, refused};
use crate::error::{Error, Result};

/// A release takes some 35 MB unpacked, on Windows a few hundred.
const MOST_BYTES: u64 = 2 << 30;
const MOST_ENTRIES: usize = 50_000;

/// What a server that is gone in a minute has no use for.
const UNUSED: &[&str] = &["include", "share/doc", "share/man", "lib/pgxs"];

/// Unpacks an archive whose only folder has this name into a folder.
pub(super) fn unpack(archive: &Path, name: &str, into: &Path) -> Result<()> {
    let file = File::open(archive).map_err(unreadable)?;
    let decoder = GzDecoder::new(BufReader::new(file)).take(MOST_BYTES);
    let mut archive = Archive::new(decoder);
    archive.set_preserve_mtime(false);
    let (mut bytes, mut count) = (0_u64, 0);
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        bytes = bytes.saturating_add(entry.size());
        count += 1;
        if bytes > MOST_BYTES || count > MOST_ENTRIES {
            return Err(refused("the archive holds too much"));
        }
        let path = entry.path().map_err(unreadable)?.into_owned();
        let inside = path
            .strip_prefix(name)
            .map_err(|_| strange(&path, &format!("lies outside of {name}")))?;
        if !stays_below(Path::new(""), inside) {
            return Err(strange(&path, "leaves its folder"));
        }
        check_kind(&entry, &path, inside, name)?;
        if UNUSED.iter().any(|unused| inside.starts_with(unused)) {
            continue;
        }
        let is_unpacked = entry.unpack_in(into).map_err(unwritable)?;
        if !is_unpacked {
            return Err(strange(&path, "leaves its folder"));
        }
    }
    open_up(&into.join(name)).map_err(unwritable)
}

/// Files, folders, and links to what is in the same folder; nothing else.
fn check_kind<R: std::io::Read>(
    entry: &tar::Entry<'_, R>,
    path: &Path,
    inside: &Path,
    name: &str,
) -> Result<()> {
    let target = entry.link_name().map_err(unreadable)?;
    let target = target.as_deref().unwrap_or(Path::new("/"));
    let is_fine = match entry.header().entry_type() {
        EntryType::Regular | EntryType::Directory => true,
        // Beside the link.
        EntryType::Symlink => stays_below(inside.parent().unwrap_or(inside), target),
        // From the top of the archive.
        EntryType::Link => target
            .strip_prefix(name)
            .is_ok_and(|target| stays_below(Path::new(""), target)),
        _ => return Err(strange(path, "is neither file nor folder nor link")),
    };
    match is_fine {
        true => Ok(()),
        false => Err(strange(path, "links out of its folder")),
    }
}

/// Whether a path that is followed from a folder never leaves the top that the folder is below.
fn stays_below(from: &Path, path: &Path) -> bool {
    let mut depth = from.components().count();
    path.components().all(|part| match part {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::ParentDir if depth > 0 => {
            depth -= 1;
            true
        }
        Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
    })
}

/// Lets everybody read and nobody else write, whatever the archive and our own mask say: the server runs as another
/// user when we are root.
fn open_up(path: &Path) -> std::io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    if data.is_symlink() {
        return Ok(());
    }
    let is_entered = data.is_dir() || data.permissions().mode() & 0o100 != 0;
    let mode = if is_entered { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    if data.is_dir() {
        for entry in fs::read_dir(path)? {
            open_up(&entry?.path())?;
        }
    }
    Ok(())
}

fn unreadable(source: std::io::Error) -> Error {
    refused("the archive cannot be read").with_source(source)
}

fn unwritable(source: std::io::Error) -> Error {
    failed("cannot unpack the archive").with_source(source)
}

fn strange(path: &Path, what: &str) -> Error {
    let path = path.to_string_lossy();
    let shown: String = path.chars().take(200).collect();
    refused(format!("{shown} in the archive {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    const NAME: &str = "postgresql-1.2.3-here";

    struct Made {
        folder: tempfile::TempDir,
        builder: tar::Builder<flate2::write::GzEncoder<File>>,
    }

    impl Made {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = File::create(folder.path().join("archive")).unwrap();
            let encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            let builder = tar::Builder::new(encoder);
            Self { folder, builder }
        }

        /// An entry whose path is written as it is: the library's own way to write one refuses what we look for.
        fn entry(mut self, path: &str, kind: EntryType, target: &str, text: &str) -> Self {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
            header.set_entry_type(kind);
            header.set_mode(0o4700);
            header.set_size(text.len() as u64);
            header.set_cksum();
            self.builder.append(&header, text.as_bytes()).unwrap();
            self
        }

        fn file(self, path: &str) -> Self {
            self.entry(path, EntryType::Regular, "", "text")
        }

        fn unpacked(self) -> (Result<()>, tempfile::TempDir) {
            self.builder.into_inner().unwrap().finish().unwrap();
            let into = self.folder.path().join("into/deep");
            fs::create_dir_all(&into).unwrap();
            let result = unpack(&self.folder.path().join("archive"), NAME, &into);
            (result, self.folder)
        }
    }

    fn refusal(made: Made) -> String {
        let (result, folder) = made.unpacked();
        let error = result.unwrap_err();
        assert_eq!(error.code(), ErrorCode::FetchRefused);
        assert!(!folder.path().join("evil").exists());
        assert!(!folder.path().join("into/evil").exists());
        error.to_string()
    }

    #[test]
    fn a_release_is_unpacked_for_everybody_to_read() {
        let made = Made::new()
            .entry(&format!("{NAME}/bin"), EntryType::Directory, "", "")
            .file(&format!("{NAME}/bin/postgres"))
            .entry(
                &format!("{NAME}/bin/postmaster"),
                EntryType::Symlink,
                "postgres",
                "",
            )
            .entry(
                &format!("{NAME}/lib/libpq.so"),
                EntryType::Symlink,
                "../lib/libpq.so.5",
                "",
            )
            .file(&format!("{NAME}/include/postgres.h"));
        let (result, folder) = made.unpacked();
        result.unwrap();
        let top = folder.path().join("into/deep").join(NAME);
        let mode = |path: &str| {
            let data = fs::metadata(top.join(path)).unwrap();
            data.permissions().mode() & 0o7777
        };
        assert_eq!((mode("bin"), mode("bin/postgres")), (0o755, 0o755));
        assert_eq!(
            fs::read_to_string(top.join("bin/postmaster")).unwrap(),
            "text"
        );
        assert!(!top.join("include").exists());
    }

    #[test]
    fn no_path_leaves_the_folder() {
        for path in [
            "../evil".to_owned(),
            "/evil-of-pgpact".to_owned(),
            format!("{NAME}/../evil"),
            format!("{NAME}/bin/../../../evil"),
            format!("./{NAME}/../../evil"),
            "another/bin/postgres".to_owned(),
        ] {
            let message = refusal(Made::new().file(&path));
            assert!(message.contains("in the archive"), "{path}: {message}");
        }
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let link = format!("{NAME}/lib/out");
        for (kind, target) in [
            (EntryType::Symlink, "/etc/passwd"),
            (EntryType::Symlink, "../../evil"),
            (EntryType::Symlink, ""),
            (EntryType::Link, "/etc/passwd"),
            (EntryType::Link, "../evil"),
        ] {
            let message = refusal(Made::new().entry(&link, kind, target, ""));
            assert!(message.contains("links out"), "{target}: {message}");
        }
        let device = Made::new().entry(&link, EntryType::Char, "", "");
        assert!(refusal(device).contains("neither file nor folder"));
    }

    #[test]
    fn what_breaks_off_or_is_no_archive_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        fs::write(&archive, "no archive").unwrap();
        let error = unpack(&archive, NAME, folder.path()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FetchRefused);
    }
}
