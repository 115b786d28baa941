//! How a Postgres is installed on the system at hand.

use std::path::Path;

/// What to do where there is none: the one package to install, where its name is known, and the other ways.
pub(in crate::scratch) fn advice(wanted: Option<u32>) -> String {
    let release = std::fs::read_to_string(Path::new("/etc/os-release")).unwrap_or_default();
    let package = package(std::env::consts::OS, &release, wanted);
    format!(
        "Install one: {package}. Or name a server with --scratch postgres://…, or a folder that holds initdb and postgres with --pg-bin."
    )
}

/// The command that installs a server. Versioned where every version has a package of its own.
fn package(system: &str, release: &str, wanted: Option<u32>) -> String {
    let major = wanted.unwrap_or(17);
    match system {
        "macos" => return format!("brew install postgresql@{major}"),
        "windows" => return format!("winget install PostgreSQL.PostgreSQL.{major}"),
        _ => {}
    }
    let families = families(release);
    let is = |name: &str| families.contains(&name);
    if is("alpine") {
        format!("apk add postgresql{major}")
    } else if is("fedora") || is("rhel") {
        "dnf install postgresql-server".to_owned()
    } else if is("arch") {
        "pacman -S postgresql".to_owned()
    } else if is("suse") || is("opensuse") {
        "zypper install postgresql-server".to_owned()
    } else if is("debian") {
        "apt-get install postgresql".to_owned()
    } else {
        "apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora)"
            .to_owned()
    }
}

/// What a distribution is, and what it is like.
fn families(release: &str) -> Vec<&str> {
    let lines = release.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(key, _)| matches!(*key, "ID" | "ID_LIKE"))
        .flat_map(|(_, value)| value.trim_matches('"').split_whitespace())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_is_told_its_own_command() {
        for (release, expected) in [
            ("ID=debian\n", "apt-get install postgresql"),
            (
                "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                "apt-get install postgresql",
            ),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
                "dnf install postgresql-server",
            ),
            ("ID=alpine\n", "apk add postgresql15"),
            ("ID=arch\n", "pacman -S postgresql"),
            (
                "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n",
                "zypper install postgresql-server",
            ),
        ] {
            assert_eq!(package("linux", release, Some(15)), expected);
        }
        assert_eq!(package("macos", "", None), "brew install postgresql@17");
        assert!(package("linux", "", None).contains("Fedora"));
    }
}
