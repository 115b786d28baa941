//! Whether a file says what was run.

use super::checksum;
use crate::inspect::{Content, Entry, Tool};
use crate::source::layout::Migration;

/// How a file compares with what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It says the same.
    Same,
    /// It says something else.
    Other,
    /// Nobody can tell.
    Unknown,
}

/// Compares a file with what a tool recorded.
pub(super) fn likeness(tool: Tool, migration: &Migration, entry: &Entry) -> Likeness {
    match &entry.content {
        Content::Statements(statements) => {
            match (tokens(&joined(statements)), tokens(&migration.file.text)) {
                (Some(recorded), Some(file)) if recorded == file => Likeness::Same,
                (Some(_), Some(_)) => Likeness::Other,
                _ => Likeness::Unknown,
            }
        }
        Content::Checksum(recorded) => {
            let checksums = checksum::of(tool, migration);
            match checksums.contains(recorded) {
                _ if checksums.is_empty() => Likeness::Unknown,
                true => Likeness::Same,
                false => Likeness::Other,
            }
        }
        Content::Nothing => Likeness::Unknown,
    }
}

/// What two migrations of the same content have in common; none where nothing is known, or nothing is in it.
pub(super) fn signature(entry: &Entry) -> Option<String> {
    match &entry.content {
        Content::Statements(statements) => spelled(&tokens(&joined(statements))?),
        Content::Checksum(checksum) => Some(checksum.clone()),
        Content::Nothing => None,
    }
}

/// Everything that an entry's signature may be if the entry is this file.
pub(super) fn signatures(tool: Tool, migration: &Migration) -> Vec<String> {
    match tool {
        Tool::Supabase => tokens(&migration.file.text)
            .and_then(|tokens| spelled(&tokens))
            .into_iter()
            .collect(),
        _ if migration.file.text.trim().is_empty() => Vec::new(),
        _ => checksum::of(tool, migration),
    }
}

/// No token holds a NUL.
fn spelled(tokens: &[String]) -> Option<String> {
    (!tokens.is_empty()).then(|| tokens.join("\0"))
}

/// Recorded statements as one text to run. A comment at the end of one must not swallow the semicolon.
pub(super) fn joined(statements: &[String]) -> String {
    let statements = statements
        .iter()
        .map(|statement| format!("{statement}\n;\n"));
    statements.collect()
}

/// Tokens of a text without comments, white space and semicolons; none when the scanner cannot read it.
///
/// Constants count, and so does every character of a function's body.
pub(super) fn tokens(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\r\n", "\n");
    let scan = pg_query::scan(&text).ok()?;
    let mut tokens = Vec::with_capacity(scan.tokens.len());
    for token in &scan.tokens {
        let (start, end) = (
            usize::try_from(token.start).ok()?,
            usize::try_from(token.end).ok()?,
        );
        let word = text.get(start..end)?;
        if word == ";" || word.starts_with("--") || word.starts_with("/*") {
            continue;
        }
        // What is quoted keeps its case.
        let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && !word.contains(['\'', '"']);
        tokens.push(if is_word {
            word.to_lowercase()
        } else {
            word.to_owned()
        });
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_white_space_and_case_of_words_do_not_count() {
        let one = tokens("-- a\nCREATE  table T (i int); /* b */\nselect 'X';");
        assert_eq!(one, tokens("create table t (i int)\n;select 'X'"));
        assert_ne!(one, tokens("create table t (i int); select 'x';"));
        assert_ne!(tokens("select 1"), tokens("select 2"));
        assert_ne!(tokens("select \"A\""), tokens("select \"a\""));
        assert_eq!(tokens("select 'open"), None);
    }

    #[test]
    fn a_comment_at_the_end_swallows_nothing() {
        let statements = ["select 1 -- one".to_owned(), "select 2".to_owned()];
        assert_eq!(tokens(&joined(&statements)), tokens("select 1; select 2;"));
    }
}
