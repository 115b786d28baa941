//! Names this build, so that nothing is taken from the cache that another version of the program worked out.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::Path;

fn main() {
    let mut hash = DefaultHasher::new();
    for root in ["src", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={root}");
        add(Path::new(root), &mut hash);
    }
    println!("cargo::rustc-env=PGPACT_BUILD={:016x}", hash.finish());
}

/// Adds what a file holds, or all that is below a folder, in one order.
fn add(path: &Path, hash: &mut DefaultHasher) {
    if let Ok(text) = fs::read(path) {
        hash.write(path.to_string_lossy().as_bytes());
        hash.write_usize(text.len());
        hash.write(&text);
        return;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut below: Vec<_> = entries.map(|entry| entry.path()).collect();
    below.sort();
    for path in below {
        add(&path, hash);
    }
}
