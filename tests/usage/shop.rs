//! The shop's code in Python, Dart, Swift, Kotlin, Rust and SQL: what is marked is found, and nothing else is.

use super::market::{marked, told};
use crate::support::binary::Run;
use crate::support::repository;

/// How many marks there are in all: code that is not read would pass otherwise.
const MARKS: usize = 62;

#[test]
fn what_is_marked_in_other_languages_is_found_and_nothing_else() {
    let root = repository("fixtures/usage/shop");
    let arguments = ["usage", "--quiet", "--format", "json", "."];
    let ended = Run::new(&arguments).within(&root).end();
    let marked = marked(&root, "**/*.*");
    assert_eq!(told(&ended.json()), marked);
    assert_eq!(marked.len(), MARKS);
    assert_eq!(ended.status, 1);
}
