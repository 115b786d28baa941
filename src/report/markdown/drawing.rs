//! The tables that differ as a Mermaid drawing, where it is small enough to be read in a comment.
//!
//! Mermaid has no quoting that names of strangers could not end: what could is written otherwise.

use std::fmt::Write as _;

use super::{Detail, Options, put};
use crate::report::drawing::{Drawing, State, Table};
use crate::report::{Report, visible_line};

/// More is a map, not a picture beside a text.
const MOST_TABLES: usize = 12;
const MOST_BYTES: usize = 8_000;
/// Words that name a sort of key where they stand alone.
const KEYS: [&str; 3] = ["PK", "FK", "UK"];

pub(super) fn render(out: &mut String, report: &Report, options: &Options<'_>) {
    let Some(drawing) = report.drawn.tables.as_ref() else {
        return;
    };
    // One table alone is told by its findings.
    let is_fit = (2..=MOST_TABLES).contains(&drawing.tables.len()) && drawing.left_out == 0;
    if !options.draws || options.detail != Detail::Full || !is_fit {
        return;
    }
    let diagram = diagram(drawing);
    if diagram.len() <= MOST_BYTES {
        put(out, "### What differs, and what it is tied to\n");
        put(out, &format!("```mermaid\n{diagram}```\n"));
    }
}

fn diagram(drawing: &Drawing) -> String {
    let mut text = "erDiagram\n".to_owned();
    for (index, table) in drawing.tables.iter().enumerate() {
        entity(&mut text, index, table);
    }
    let place = |name: &str| drawing.tables.iter().position(|table| table.name == name);
    for tie in &drawing.ties {
        let (Some(from), Some(to)) = (place(&tie.from), place(&tie.to)) else {
            continue;
        };
        let line = match tie.state {
            State::Same => "--",
            State::Changed | State::Unexpected | State::Missing => "..",
        };
        let label = label(&(tie.name.clone() + said(tie.state)));
        let _ = writeln!(text, "  t{from} }}o{line}|| t{to} : \"{label}\"");
    }
    text
}

fn entity(text: &mut String, index: usize, table: &Table) {
    let name = label(&(table.name.clone() + said(table.state)));
    let _ = writeln!(text, "  t{index}[\"{name}\"] {{");
    for column in &table.columns {
        // Of two types the first; both stand in the note.
        let kind = column.type_name.split(" → ").next().unwrap_or_default();
        let (kind, name) = (word(kind), word(&column.name));
        let mut notes = Vec::new();
        if name != column.name {
            notes.push(column.name.clone());
        }
        if column.state != State::Same {
            notes.push(format!("{}{}", column.type_name, said(column.state)));
        }
        let key = if column.is_key { " PK" } else { "" };
        let note = match notes.is_empty() {
            true => String::new(),
            false => format!(" \"{}\"", label(&notes.join(" "))),
        };
        let _ = writeln!(text, "    {kind} {name}{key}{note}");
    }
    text.push_str("  }\n");
}

fn said(state: State) -> &'static str {
    match state {
        State::Same => "",
        State::Changed => " differs",
        State::Unexpected => " only in live",
        State::Missing => " missing in live",
    }
}

/// A name that Mermaid takes without quotes.
fn word(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let word: String = name.chars().take(40).map(fits).collect();
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match starts && !KEYS.contains(&word.as_str()) {
        true => word,
        false => format!("_{word}"),
    }
}

/// Text between double quotes. Mermaid shows numbers of characters as they stand in this sort of drawing, so signs that
/// mean something anywhere are written in their wide form.
fn label(text: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() => c,
        ' ' | '_' | '.' | ',' | '-' | '(' | ')' | '→' | '…' | '⟨' | '⟩' => c,
        c if c.is_ascii_punctuation() => char::from_u32(u32::from(c) + 0xfee0).unwrap_or('_'),
        _ => '_',
    };
    visible_line(text).chars().take(100).map(plain).collect()
}
