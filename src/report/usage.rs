//! Which code uses which object, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::markdown::escape::text as escape_text;
use crate::usage::hold::{How, Reference};
use crate::usage::map::Map;

#[derive(Serialize)]
struct MapV1<'a> {
    schema_version: u32,
    objects: BTreeMap<String, Vec<UseV1<'a>>>,
    unused: Vec<String>,
    not_judged: usize,
}

#[derive(Serialize)]
struct UseV1<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    how: &'static str,
}

/// As JSON: uses by object, what nothing uses, and how many uses nobody could judge.
pub fn json(map: &Map) -> String {
    let objects = map.uses.iter().map(|(id, uses)| {
        let uses = uses.iter().map(|one| UseV1 {
            file: &one.file,
            line: one.place.line,
            column: one.place.column,
            how: one.how.as_str(),
        });
        (id.to_string(), uses.collect())
    });
    let whole = MapV1 {
        schema_version: 1,
        objects: objects.collect(),
        unused: map.unused.iter().map(ToString::to_string).collect(),
        not_judged: map.open,
    };
    let mut text = serde_json::to_string_pretty(&whole).expect("a map is plain JSON");
    text.push('\n');
    text
}

/// As a page: a heading a relation or function with the lines that use it, and what nothing uses at the end.
pub fn markdown(map: &Map) -> String {
    let mut text = "# Which code uses what\n".to_owned();
    for (id, uses) in &map.uses {
        let _ = write!(text, "\n## {}\n\n", escape_text(&id.to_string()));
        let mut by_file: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
        for one in uses {
            by_file.entry(&one.file).or_default().push(one);
        }
        for (file, uses) in by_file {
            let _ = writeln!(text, "- {}: {}", escape_text(file), lines(&uses));
        }
    }
    text.push_str("\n## Nothing was seen to use\n\n");
    for id in &map.unused {
        let _ = writeln!(text, "- {}", escape_text(&id.to_string()));
    }
    if map.unused.is_empty() {
        text.push_str("Everything of the API's schema is used.\n");
    }
    if map.open > 0 {
        let _ = write!(
            text,
            "\n{} uses could not be judged: what stands here may be one of theirs. \
             Functions of the database, policies and other applications are not looked at.\n",
            map.open
        );
    }
    text
}

fn lines(uses: &[&Reference]) -> String {
    let mut by_how: BTreeMap<How, Vec<String>> = BTreeMap::new();
    for one in uses {
        let lines = by_how.entry(one.how).or_default();
        let line = one.place.line.to_string();
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    let parts: Vec<String> = by_how
        .iter()
        .map(|(how, lines)| format!("{} {}", how.as_str(), lines.join(", ")))
        .collect();
    parts.join("; ")
}
