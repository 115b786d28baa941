//! Files of every language with pieces cut out, doubled, moved and put in: each costs itself at most.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;

use pgpact::classes::shape::Shape;
use pgpact::usage::hold::{Terms, hold};
use pgpact::usage::search::Search;

use crate::support::repository;

/// How many variants of each file are read; `PGPACT_MUTATIONS` tries more, `PGPACT_SEED` others.
const VARIANTS: usize = 12;

const NOISE: [&str; 24] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "`",
    "`${",
    "\\",
    "\n",
    ",",
    ";",
    "=>",
    "...",
    "/*",
    "//",
    "#",
    "$$",
    "<",
    "\u{e4}",
    "\u{0}",
    "\u{1f980}",
];

pub(crate) fn number(name: &str, otherwise: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |given| given.parse().unwrap())
}

/// The fixtures' code, migrations included.
fn seeds() -> Vec<PathBuf> {
    let pattern = repository("fixtures/usage/**/*.*");
    let paths = glob::glob(pattern.to_str().unwrap()).unwrap();
    let files = paths.map(Result::unwrap).filter(|path| path.is_file());
    let seeds: Vec<PathBuf> = files
        .filter(|path| fs::metadata(path).unwrap().len() > 0)
        .collect();
    for ending in [
        "ts", "vue", "svelte", "py", "dart", "swift", "kt", "rs", "sql",
    ] {
        let has = |path: &PathBuf| path.extension().is_some_and(|one| one == ending);
        assert!(seeds.iter().any(has), "no file of {ending}");
    }
    seeds
}

pub(crate) fn mutated(text: &str, random: &mut Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(0..=letters.len());
        let end = (at + random.usize(0..40)).min(letters.len());
        let piece: Vec<char> = letters[at..end].to_vec();
        let to = random.usize(0..=letters.len());
        let put = NOISE[random.usize(0..NOISE.len())].chars();
        match random.u8(0..7) {
            0 => drop(letters.drain(at..end)),
            1 => drop(letters.splice(to..to, piece)),
            2 => drop(letters.splice(at..end, put)),
            3 => letters.truncate(at.max(letters.len() / 3)),
            // Deep, or long.
            4 => drop(letters.splice(to..to, put.collect::<String>().repeat(300).chars())),
            5 => drop(letters.splice(to..to, piece.repeat(random.usize(1..60)))),
            _ => letters[at..end].reverse(),
        }
    }
    letters.into_iter().collect()
}

/// Reads variants beside a good file, and holds what they say to a contract that has nothing.
fn read(seed: &Path, variants: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let ending = seed.extension().unwrap().to_str().unwrap();
    for (at, text) in variants.iter().enumerate() {
        fs::write(folder.path().join(format!("part{at}.{ending}")), text).unwrap();
    }
    let good = "import { createClient } from '@supabase/supabase-js';\ncreateClient(u, k).from('good').select('id');\n";
    fs::write(folder.path().join("good.ts"), good).unwrap();
    let search = Search {
        paths: vec![folder.path().to_owned()],
        ..Search::default()
    };
    let start = Instant::now();
    let code = pgpact::usage::read(&search).unwrap();
    let held = hold(&code.files, &Shape::default(), &Terms::default());
    let took = start.elapsed();
    let kept = |why: &str| {
        let kept = std::env::temp_dir().join("pgpact-mutations");
        fs::create_dir_all(&kept).unwrap();
        for (at, text) in variants.iter().enumerate() {
            fs::write(kept.join(format!("part{at}.{ending}")), text).unwrap();
        }
        panic!("{}: {why}; see {}", seed.display(), kept.display());
    };
    if took > Duration::from_secs(60) {
        kept(&format!("took {took:?}"));
    }
    if !held
        .problems
        .iter()
        .any(|one| one.file.ends_with("good.ts"))
    {
        kept("what a good file says is lost");
    }
    if let Some(fault) = code
        .skipped
        .iter()
        .find(|one| one.why.contains("fault of pgpact"))
    {
        kept(&format!("{fault:?}"));
    }
}

#[test]
fn what_is_wrong_with_a_file_costs_only_that_file() {
    let seed = u64::try_from(number("PGPACT_SEED", 1)).unwrap();
    let mut random = Rng::with_seed(seed);
    let count = number("PGPACT_MUTATIONS", VARIANTS);
    for seed in seeds() {
        let text = fs::read_to_string(&seed).unwrap();
        let mut left = count;
        while left > 0 {
            let some = left.min(50);
            left -= some;
            let variants: Vec<String> = (0..some).map(|_| mutated(&text, &mut random)).collect();
            read(&seed, &variants);
        }
    }
}
