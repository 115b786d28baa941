//! Text of strangers as Markdown that says just that text: no markup, no mention, no link.

use crate::report::visible::{visible, visible_line};

/// A character that is not seen and parts what GitHub would join to a mention, a reference or a link.
const PARTING: &str = "&#8203;";

/// One line of running text.
pub(in crate::report) fn text(raw: &str) -> String {
    let line = visible_line(raw);
    let mut escaped = String::with_capacity(line.len());
    for (index, c) in line.char_indices() {
        let (before, rest) = (&line[..index], &line[index..]);
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A backslash before a pipe means different things to different parsers.
            '|' => push_entity(&mut escaped, c),
            // What GitHub says to write for a dollar that starts no formula.
            '$' => escaped.push_str("<span>$</span>"),
            '_' if is_inside_word(before, rest) => escaped.push(c),
            '`' | '*' | '_' | '~' | '[' | ']' | '\\' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => {
                escaped.push(c);
                if starts_reference(before, rest) {
                    escaped.push_str(PARTING);
                }
            }
        }
    }
    escaped
}

/// Running text in which backticks set off code; what stands between them is as safe as elsewhere.
pub(super) fn prose(raw: &str) -> String {
    let parts = raw.split('`').enumerate();
    let parts = parts.map(|(index, part)| {
        if index % 2 == 0 {
            text_within(part)
        } else {
            code(part)
        }
    });
    parts.collect()
}

/// Like [`text`], for a part of a sentence: blanks at its ends count.
fn text_within(part: &str) -> String {
    let blank = |is_there: bool| if is_there { " " } else { "" };
    let inner = part.trim();
    if inner.is_empty() {
        return blank(!part.is_empty()).to_owned();
    }
    let (before, after) = (blank(part.starts_with(' ')), blank(part.ends_with(' ')));
    format!("{before}{}{after}", text(inner))
}

/// A code span on one line; also safe in a table cell.
pub(super) fn code(raw: &str) -> String {
    let line = visible_line(raw);
    if line.is_empty() {
        return "(empty)".to_owned();
    }
    // A pipe ends a table cell even inside backticks, and a backslash before it means different things to different parsers.
    if line.contains(['|', '\\']) {
        return format!("<code>{}</code>", html(&line));
    }
    let fence = "`".repeat(longest_run(&line) + 1);
    if line.starts_with('`')
        || line.ends_with('`')
        || (line.starts_with(' ') && line.ends_with(' '))
    {
        format!("{fence} {line} {fence}")
    } else {
        format!("{fence}{line}{fence}")
    }
}

/// A fenced block; the fence is longer than any in the text.
pub(super) fn block(language: &str, raw: &str) -> String {
    let shown = visible(raw);
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        shown.trim_end_matches('\n')
    )
}

/// Inside of an HTML element, where GitHub makes no mentions of code and Markdown must find nothing either.
fn html(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_ascii_punctuation() {
            push_entity(&mut escaped, c);
        } else {
            escaped.push(c);
        }
    }
    escaped
}

fn push_entity(out: &mut String, c: char) {
    out.push_str("&#");
    out.push_str(&u32::from(c).to_string());
    out.push(';');
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Whether GitHub would make a mention, an issue, a link or a picture from here on. It looks for the first
/// two after Markdown is done, so that no Markdown escape stops it.
fn starts_reference(before: &str, rest: &str) -> bool {
    let starts = |word: &str| {
        rest.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let after_word = before.ends_with(char::is_alphanumeric);
    rest.starts_with(['@', '#'])
        || starts("://")
        || is_picture(rest)
        || (!after_word && (starts("www.") || starts("gh-")))
}

/// `:tada:`
fn is_picture(rest: &str) -> bool {
    let Some(name) = rest.strip_prefix(':') else {
        return false;
    };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '+' | '-'));
    end.is_some_and(|end| end > 0 && name[end..].starts_with(':'))
}

fn is_inside_word(before: &str, rest: &str) -> bool {
    before.ends_with(char::is_alphanumeric)
        && rest.chars().nth(1).is_some_and(char::is_alphanumeric)
}
