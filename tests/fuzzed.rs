//! What others write, read in thousands of variants: the entries of `fuzz/`, over the corpora that are kept there.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::support::repository;
use crate::usage::mutations::{mutated, number};

#[path = "../fuzz/entries.rs"]
mod entries;

use entries::TARGETS;

/// Variants of each target; `PGPACT_MUTATIONS` tries more, `PGPACT_SEED` others.
const VARIANTS: usize = 3_000;
/// Those of migrations, whose parser is another program's and built without optimization here.
const VARIANTS_OF_STATEMENTS: usize = 300;

/// An input that takes longer is a fault as well.
const PATIENCE: Duration = Duration::from_secs(20);

fn corpus(target: &str) -> Vec<PathBuf> {
    let pattern = repository(&format!("fuzz/corpus/{target}/*"));
    let files = glob::glob(pattern.to_str().unwrap()).unwrap().flatten();
    let files: Vec<PathBuf> = files.collect();
    assert!(!files.is_empty(), "{target} has nothing to begin from");
    files
}

fn tried(target: &str, entry: fn(&str), text: &str) {
    let begin = Instant::now();
    if std::panic::catch_unwind(|| entry(text)).is_err() || begin.elapsed() > PATIENCE {
        let kept = std::env::temp_dir().join(format!("pgpact-{target}-{}", fastrand::u64(..)));
        fs::write(&kept, text).unwrap();
        panic!(
            "{target} after {:?}: see {}",
            begin.elapsed(),
            kept.display()
        );
    }
}

fn fuzzed(target: &str) {
    let (_, entry) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let seed = u64::try_from(number("PGPACT_SEED", 1)).unwrap();
    let mut random = Rng::with_seed(seed);
    let seeds = corpus(target);
    let usual = match target {
        "statements" => VARIANTS_OF_STATEMENTS,
        _ => VARIANTS,
    };
    let count = number("PGPACT_MUTATIONS", usual).div_ceil(seeds.len());
    for seed in seeds {
        let text = String::from_utf8_lossy(&fs::read(&seed).unwrap()).into_owned();
        tried(target, *entry, &text);
        for _ in 0..count {
            tried(target, *entry, &mutated(&text, &mut random));
        }
    }
    for deep in [
        "[",
        "{\"a\":",
        "(",
        "a(",
        "((select ",
        "[[",
        "a.",
        "'",
        "$$",
        "/*",
    ] {
        tried(target, *entry, &deep.repeat(20_000));
    }
}

#[test]
fn configurations() {
    fuzzed("configuration");
}

#[test]
fn events() {
    fuzzed("event");
}

#[test]
fn reports() {
    fuzzed("report");
}

#[test]
fn selects() {
    fuzzed("select");
}

#[test]
fn snapshots() {
    fuzzed("snapshot");
}

#[test]
fn statements() {
    fuzzed("statements");
}

#[test]
fn every_target_has_a_file_for_cargo_fuzz() {
    let manifest = fs::read_to_string(repository("fuzz/Cargo.toml")).unwrap();
    for (target, _) in TARGETS {
        let file = repository(&format!("fuzz/fuzz_targets/{target}.rs"));
        assert!(file.exists(), "{target}");
        assert!(
            manifest.contains(&format!("fuzz_targets/{target}.rs")),
            "{target}"
        );
    }
}
