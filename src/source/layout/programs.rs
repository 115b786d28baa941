//! Migrations that are programs, beside those that are SQL: they are named, and not replayed.

use super::folder::Folder;
use super::{leading_digits, numbers};

/// What migration tools are written in.
const LANGUAGES: &[&str] = &["go", "java", "js", "kt", "py", "rb", "rs", "ts"];

/// Programs in a directory that are named like migrations, with their versions.
pub(super) fn among(folder: &Folder<'_>) -> Vec<(String, String)> {
    let names = folder.names.iter().filter(|name| !name.contains('/'));
    names
        .filter_map(|name| Some((name.clone(), version(name)?)))
        .collect()
}

fn version(name: &str) -> Option<String> {
    let (stem, language) = name.rsplit_once('.')?;
    if !LANGUAGES.contains(&language) || stem.ends_with("_test") || stem.ends_with(".d") {
        return None;
    }
    if let Some((digits, rest)) = leading_digits(stem) {
        let number = digits.trim_start_matches('0');
        return rest.starts_with('_').then(|| number.to_owned());
    }
    let (version, _) = stem.strip_prefix(['V', 'U'])?.split_once("__")?;
    numbers(version).map(|_| version.replace('_', "."))
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;

    #[test]
    fn programs_are_named_and_not_replayed() {
        let files = [
            ("m/00002_b.go", "package m"),
            ("m/00002_b_test.go", "package m"),
            ("m/1_a.sql", "-- +goose up\nselect 1;"),
            ("m/embed.go", "package m"),
        ];
        let read = taken(&files, "m");
        assert_eq!(read.programs, ["2"]);
        assert_eq!(read.gaps.len(), 1);
    }
}
