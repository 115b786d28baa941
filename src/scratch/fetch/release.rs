//! Which releases are known, and what the archive for this machine is called.
//!
//! The binaries are those of theseus-rs/postgresql-binaries, which builds each version of Postgres for the targets of
//! Rust: `MAJOR.MINOR.BUILD/postgresql-MAJOR.MINOR.BUILD-TARGET.tar.gz`, and the same with `.sha256`.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Where releases lie unless somebody names a mirror.
pub const RELEASES: &str = "https://github.com/theseus-rs/postgresql-binaries/releases/download";

/// One of each major that was recent when this version of pgpact was made: what is run is decided here, not by who
/// serves it.
const KNOWN: &[(u32, &str)] = &[
    (14, "14.23.0"),
    (15, "15.19.0"),
    (16, "16.15.0"),
    (17, "17.11.0"),
    (18, "18.6.0"),
];

/// One version of Postgres for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) major: u32,
    pub(super) version: &'static str,
    target: String,
}

impl Release {
    /// The release to fetch here: of the wanted major, else the newest; none where there are no binaries for this
    /// machine.
    pub(super) fn of(wanted: Option<u32>) -> Option<Self> {
        let target = target(std::env::consts::ARCH, std::env::consts::OS, is_musl())?;
        let of_major = KNOWN.iter().find(|(major, _)| Some(*major) == wanted);
        let (major, version) = of_major.or(KNOWN.last())?;
        Some(Self {
            major: *major,
            version,
            target,
        })
    }

    /// What the archive's only folder is called, and what is kept.
    pub(super) fn name(&self) -> String {
        format!("postgresql-{}-{}", self.version, self.target)
    }

    /// The address of the archive below that of all releases.
    pub(super) fn address(&self, from: &str) -> String {
        let from = from.trim_end_matches('/');
        format!("{from}/{}/{}.tar.gz", self.version, self.name())
    }

    /// Folders of other versions for the same target.
    pub(super) fn others(&self, folder: &Path) -> Vec<PathBuf> {
        let ending = format!("-{}", self.target);
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("postgresql-") && name.ends_with(&ending)
            })
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        folders
    }
}

/// What this machine is, for a message.
pub(super) fn this_machine() -> String {
    format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The target triple of releases for a system.
fn target(arch: &str, system: &str, is_musl: bool) -> Option<String> {
    let arch = match arch {
        "x86_64" | "aarch64" => arch,
        "powerpc64" if cfg!(target_endian = "little") => "powerpc64le",
        "s390x" if system == "linux" => arch,
        _ => return None,
    };
    let rest = match (system, is_musl) {
        ("linux", false) => "unknown-linux-gnu",
        ("linux", true) => "unknown-linux-musl",
        ("macos", _) if matches!(arch, "x86_64" | "aarch64") => "apple-darwin",
        ("windows", _) if arch == "x86_64" => "pc-windows-msvc",
        _ => return None,
    };
    Some(format!("{arch}-{rest}"))
}

/// Whether programs of this system are run by musl's loader. The shell says it: what we were built for does not, since
/// a static build runs everywhere.
fn is_musl() -> bool {
    let mut head = Vec::new();
    let shell = File::open("/bin/sh");
    let read = shell.and_then(|shell| shell.take(4096).read_to_end(&mut head));
    let named = |loader: &[u8]| head.windows(loader.len()).any(|part| part == loader);
    match read {
        Ok(_) if named(b"ld-musl-") => true,
        Ok(_) if named(b"ld-linux") => false,
        _ => cfg!(target_env = "musl"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_those_that_releases_name() {
        for (arch, system, is_musl, expected) in [
            ("x86_64", "linux", false, Some("x86_64-unknown-linux-gnu")),
            ("x86_64", "linux", true, Some("x86_64-unknown-linux-musl")),
            ("aarch64", "linux", false, Some("aarch64-unknown-linux-gnu")),
            ("aarch64", "linux", true, Some("aarch64-unknown-linux-musl")),
            ("aarch64", "macos", false, Some("aarch64-apple-darwin")),
            ("x86_64", "macos", false, Some("x86_64-apple-darwin")),
            ("x86_64", "windows", false, Some("x86_64-pc-windows-msvc")),
            ("aarch64", "windows", false, None),
            ("riscv64", "linux", false, None),
            ("x86_64", "freebsd", false, None),
        ] {
            let found = target(arch, system, is_musl);
            assert_eq!(found.as_deref(), expected, "{arch} {system}");
        }
    }

    #[test]
    fn the_wanted_major_is_taken_else_the_newest() {
        let version = |wanted| Release::of(wanted).map(|release| release.version);
        assert_eq!(version(Some(15)), Some("15.19.0"));
        assert_eq!(version(Some(12)), Some("18.6.0"));
        assert_eq!(version(None), Some("18.6.0"));
    }

    #[test]
    fn known_versions_are_of_the_major_they_stand_for() {
        for (major, version) in KNOWN {
            assert!(version.starts_with(&format!("{major}.")), "{version}");
            assert_eq!(version.split('.').count(), 3, "{version}");
        }
        assert!(KNOWN.is_sorted());
    }
}
