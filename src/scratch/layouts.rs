//! Where packages put a server's programs, one list a family of systems. `docs/scratch.md` says which were tried.

use std::path::{Path, PathBuf};

/// One way to lay Postgres out: a folder with `initdb` and `postgres`, below the root of the system, `*` for a version.
struct Layout {
    family: Family,
    folder: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Unix,
    Windows,
}

const fn unix(folder: &'static str) -> Layout {
    Layout {
        family: Family::Unix,
        folder,
    }
}

const fn windows(folder: &'static str) -> Layout {
    Layout {
        family: Family::Windows,
        folder,
    }
}

/// The first that has a major is the one that is used for it.
const LAYOUTS: &[Layout] = &[
    // Debian, Ubuntu.
    unix("usr/lib/postgresql/*/bin"),
    // PostgreSQL's own packages for Red Hat's family.
    unix("usr/pgsql-*/bin"),
    // Fedora keeps the major before beside its own, which is on the PATH.
    unix("usr/lib64/pgsql/postgresql-*/bin"),
    // Alpine.
    unix("usr/libexec/postgresql*"),
    // SUSE, Gentoo, Arch's major before.
    unix("usr/lib/postgresql[0-9]*/bin"),
    unix("usr/lib64/postgresql-*/bin"),
    unix("opt/pgsql-*/bin"),
    // Homebrew on ARM, on Intel and on Linux: links to what is installed, then the versions themselves.
    unix("opt/homebrew/opt/postgresql*/bin"),
    unix("opt/homebrew/opt/postgresql*/libexec/bin"),
    unix("opt/homebrew/Cellar/postgresql*/*/bin"),
    unix("opt/homebrew/bin"),
    unix("usr/local/opt/postgresql*/bin"),
    unix("usr/local/opt/postgresql*/libexec/bin"),
    unix("usr/local/Cellar/postgresql*/*/bin"),
    unix("home/linuxbrew/.linuxbrew/opt/postgresql*/bin"),
    // Postgres.app, EnterpriseDB's installers, MacPorts.
    unix("Applications/Postgres.app/Contents/Versions/*/bin"),
    unix("Library/PostgreSQL/*/bin"),
    unix("opt/PostgreSQL/*/bin"),
    unix("opt/local/lib/postgresql*/bin"),
    // Built from source.
    unix("usr/local/pgsql/bin"),
    windows("Program Files/PostgreSQL/*/bin"),
];

/// The folders of this system that may hold a server's programs, the usual ones before those of the `PATH`.
pub(super) fn folders() -> Vec<PathBuf> {
    let (family, root) = match cfg!(windows) {
        true => (Family::Windows, Path::new("C:\\")),
        false => (Family::Unix, Path::new("/")),
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = laid_out(family, root);
    folders.extend(std::env::split_paths(&path));
    folders
}

/// Which folders of a family's layouts there are below a root.
fn laid_out(family: Family, root: &Path) -> Vec<PathBuf> {
    let of_family = LAYOUTS.iter().filter(|layout| layout.family == family);
    let patterns = of_family.map(|layout| {
        let root = glob::Pattern::escape(&root.to_string_lossy());
        format!("{}/{}", root.trim_end_matches(['/', '\\']), layout.folder)
    });
    patterns
        .filter_map(|pattern| glob::glob(&pattern).ok())
        .flat_map(Iterator::flatten)
        .collect()
}

/// The file of a program: Windows' have an ending.
pub(super) fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The folders that may hold the extensions of a server whose programs are in `bin`: beside them, or as distributions
/// do, away from them.
pub(super) fn extension_folders(bin: &Path, major: u32) -> Vec<PathBuf> {
    let above = bin.parent().unwrap_or(Path::new("/"));
    let system = Path::new("/usr/share");
    [
        above.join("share/extension"),
        above.join("share/postgresql/extension"),
        above.join("share/pgsql/extension"),
        above.join(format!("share/postgresql{major}/extension")),
        above.join(format!("share/postgresql@{major}/extension")),
        system.join(format!("postgresql/{major}/extension")),
        system.join(format!("postgresql{major}/extension")),
        system.join(format!("postgresql-{major}/extension")),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each keeps the programs of one server, in a tree that is made up after its packages' lists of files.
    const SYSTEMS: &[(&str, Family, &str)] = &[
        ("Debian, Ubuntu", Family::Unix, "usr/lib/postgresql/17/bin"),
        ("PGDG on Fedora", Family::Unix, "usr/pgsql-17/bin"),
        (
            "the major before on Fedora",
            Family::Unix,
            "usr/lib64/pgsql/postgresql-16/bin",
        ),
        ("Alpine", Family::Unix, "usr/libexec/postgresql17"),
        ("SUSE", Family::Unix, "usr/lib/postgresql17/bin"),
        (
            "Homebrew on ARM",
            Family::Unix,
            "opt/homebrew/opt/postgresql@17/bin",
        ),
        (
            "Homebrew on ARM, unlinked",
            Family::Unix,
            "opt/homebrew/Cellar/postgresql@17/17.6/bin",
        ),
        (
            "Homebrew on ARM, libexec",
            Family::Unix,
            "opt/homebrew/opt/postgresql@17/libexec/bin",
        ),
        (
            "Homebrew on Intel",
            Family::Unix,
            "usr/local/opt/postgresql@17/bin",
        ),
        (
            "Postgres.app",
            Family::Unix,
            "Applications/Postgres.app/Contents/Versions/17/bin",
        ),
        (
            "EnterpriseDB on macOS",
            Family::Unix,
            "Library/PostgreSQL/17/bin",
        ),
        (
            "Windows",
            Family::Windows,
            "Program Files/PostgreSQL/17/bin",
        ),
    ];

    #[test]
    fn the_folder_of_each_known_system_is_found() {
        for (name, family, folder) in SYSTEMS {
            let root = tempfile::tempdir().unwrap();
            let made = root.path().join(folder);
            std::fs::create_dir_all(&made).unwrap();
            assert_eq!(laid_out(*family, root.path()), [made], "{name}");
        }
    }

    #[test]
    fn every_major_beside_the_others_is_found() {
        let root = tempfile::tempdir().unwrap();
        for major in ["9.6", "15", "17"] {
            let folder = format!("usr/lib/postgresql/{major}/bin");
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        assert_eq!(laid_out(Family::Unix, root.path()).len(), 3);
        assert!(laid_out(Family::Windows, root.path()).is_empty());
    }

    #[test]
    fn a_root_with_signs_of_patterns_in_its_name_is_taken_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let made = root.path().join("a[b]*/usr/local/pgsql/bin");
        std::fs::create_dir_all(&made).unwrap();
        let found = laid_out(Family::Unix, &root.path().join("a[b]*"));
        assert_eq!(found, [made]);
    }
}
