//! What the project is built from is named so that it cannot change: actions by commit, images by digest.

use std::fs;
use std::path::PathBuf;

use crate::support::repository;

fn files(pattern: &str) -> Vec<(PathBuf, String)> {
    let pattern = repository(pattern);
    let paths = glob::glob(pattern.to_str().unwrap()).unwrap().flatten();
    let files: Vec<_> = paths
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    assert!(!files.is_empty());
    files
}

fn is_hash(text: &str, length: usize) -> bool {
    text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[test]
fn workflows_name_actions_by_commit_and_have_no_right_that_they_do_not_ask_for() {
    for (path, text) in files(".github/workflows/*.yml") {
        let path = path.display();
        assert!(text.contains("\npermissions: {}\n"), "{path}");
        for forbidden in ["pull_request_target", "write-all", "secrets: inherit"] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}");
        }
        for line in text.lines().map(str::trim_start) {
            let Some(used) = line.trim_start_matches("- ").strip_prefix("uses: ") else {
                // What an event says is a stranger's, and a script would run it.
                let is_script = line.trim_start_matches("- ").starts_with("run:");
                assert!(!(is_script && line.contains("${{")), "{path}: {line}");
                continue;
            };
            let used = used.split(' ').next().unwrap();
            let is_ours = used.starts_with("./");
            let commit = used.split_once('@').map_or("", |(_, commit)| commit);
            assert!(is_ours || is_hash(commit, 40), "{path}: {used}");
        }
    }
}

#[test]
fn the_image_names_its_bases_by_digest() {
    for (path, text) in files("Dockerfile") {
        let mut stages = Vec::new();
        for line in text.lines().filter(|line| line.starts_with("FROM ")) {
            let words: Vec<&str> = line.split(' ').collect();
            let base = words[1];
            let digest = base.split_once("@sha256:").map_or("", |(_, digest)| digest);
            let is_own = base == "scratch" || base == "${BINARY}" || stages.contains(&base);
            assert!(is_own || is_hash(digest, 64), "{}: {base}", path.display());
            stages.extend(words.get(3).copied());
        }
    }
}

#[test]
fn the_lockfile_knows_one_registry_and_nothing_else() {
    for (path, text) in files("Cargo.lock") {
        let sources = text.lines().filter(|line| line.starts_with("source = "));
        for source in sources {
            assert!(
                source.starts_with("source = \"registry+"),
                "{}: {source}",
                path.display()
            );
        }
    }
}
