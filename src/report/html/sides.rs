//! What the contract says and what live says, beside each other, with what differs marked.

use std::fmt::Write as _;

use similar::{ChangeTag, DiffTag, TextDiff};

use super::document::text;
use crate::findings::Finding;
use crate::report::display_value;

/// Lines of one side; a page is read, not archived.
const MOST_LINES: usize = 400;

pub(super) fn render(out: &mut String, finding: &Finding) {
    let told = |value: &Option<serde_json::Value>| {
        let told = value.as_ref().map(display_value);
        told.map(shortened).unwrap_or_default()
    };
    let (expected, live) = (told(&finding.expected), told(&finding.live));
    match (&finding.expected, &finding.live) {
        (Some(_), Some(_)) => both(out, &expected, &live),
        (Some(_), None) if !expected.is_empty() => one(out, "expected", "gone", &expected),
        (None, Some(_)) if !live.is_empty() => one(out, "live", "come", &live),
        (Some(_), None) | (None, Some(_)) | (None, None) => {}
    }
}

fn shortened(value: String) -> String {
    let count = value.lines().count();
    if count <= MOST_LINES {
        return value;
    }
    let kept: Vec<&str> = value.lines().take(MOST_LINES).collect();
    format!("{}\n… {} more lines", kept.join("\n"), count - MOST_LINES)
}

fn one(out: &mut String, name: &str, class: &str, value: &str) {
    let _ = writeln!(
        out,
        "<table class=\"sides\">\n<thead><tr><th scope=\"col\">{name}</th></tr></thead>\n<tbody>"
    );
    for line in value.lines() {
        let _ = writeln!(out, "<tr><td class=\"{class}\">{}</td></tr>", text(line));
    }
    out.push_str("</tbody>\n</table>\n");
}

fn both(out: &mut String, expected: &str, live: &str) {
    out.push_str(
        "<table class=\"sides\">\n<thead><tr><th scope=\"col\">expected</th><th scope=\"col\">live</th></tr></thead>\n<tbody>\n",
    );
    let (left, right): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), live.lines().collect());
    let diff = TextDiff::from_slices(&left, &right);
    for op in diff.ops() {
        let (old, new) = (op.old_range(), op.new_range());
        if op.tag() == DiffTag::Equal {
            for index in old {
                let line = text(left[index]);
                let _ = writeln!(
                    out,
                    "<tr class=\"same\"><td>{line}</td><td>{line}</td></tr>"
                );
            }
            continue;
        }
        for row in 0..old.len().max(new.len()) {
            let gone = left[old.clone()].get(row);
            let come = right[new.clone()].get(row);
            let (gone, come) = match (gone, come) {
                (Some(gone), Some(come)) => words(gone, come),
                (gone, come) => (
                    gone.map(|line| text(line)).unwrap_or_default(),
                    come.map(|line| text(line)).unwrap_or_default(),
                ),
            };
            let _ = writeln!(
                out,
                "<tr>{}{}</tr>",
                cell("gone", row < old.len(), &gone),
                cell("come", row < new.len(), &come)
            );
        }
    }
    out.push_str("</tbody>\n</table>\n");
}

fn cell(class: &str, is_there: bool, marked: &str) -> String {
    match is_there {
        true => format!("<td class=\"{class}\">{marked}</td>"),
        false => "<td></td>".to_owned(),
    }
}

/// Two lines with the words marked that only one of them has.
fn words(gone: &str, come: &str) -> (String, String) {
    let diff = TextDiff::from_words(gone, come);
    let (mut left, mut right) = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        let word = text(change.value());
        match change.tag() {
            ChangeTag::Equal => {
                left.push_str(&word);
                right.push_str(&word);
            }
            ChangeTag::Delete => left.push_str(&format!("<del>{word}</del>")),
            ChangeTag::Insert => right.push_str(&format!("<ins>{word}</ins>")),
        }
    }
    (left, right)
}
