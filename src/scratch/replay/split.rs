//! Splits a migration file into statements, by Postgres' own parser, and says on which line each begins.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use tokio::sync::mpsc;

use super::MigrationFile;
use super::names::{is_tedious, lines_of_names};

/// One statement of a file.
#[derive(Debug)]
pub(super) struct Statement {
    /// The text, comments before it left out, without the semicolon.
    pub(super) text: String,
    /// The line it begins on, from 1.
    pub(super) line: u32,
    /// On which later line of it each name first stands.
    pub(super) lines: BTreeMap<String, u32>,
    /// What the parser makes of it; `None` for what it cannot read: the server has the last word.
    pub(super) node: Option<NodeEnum>,
}

/// Splits a file. Text that does not parse costs no more than the statement it is in.
pub(super) fn split(text: &str) -> Vec<Statement> {
    let text = without_psql(text);
    let mut lines = Lines::new(&text);
    let pieces = match is_tedious(&text) {
        // For the server, which has a time limit.
        true => vec![(0, text.len(), None)],
        false => match pg_query::parse(&text, 0) {
            Ok(parsed) => whole_file(&text, parsed),
            Err(_) => piecemeal(&text),
        },
    };
    pieces
        .into_iter()
        .filter_map(|(start, end, node)| {
            let piece = &text[start..end];
            let skip = leading_trivia(piece);
            let body = piece[skip..].trim_end();
            (!body.is_empty()).then(|| Statement {
                text: body.to_owned(),
                line: lines.line_of(start + skip),
                lines: lines_of_names(body),
                node,
            })
        })
        .collect()
}

/// Parses files while the server works on those before them.
pub(super) fn ahead(files: &[MigrationFile]) -> mpsc::Receiver<Vec<Statement>> {
    let (sender, receiver) = mpsc::channel(4);
    let texts: Vec<String> = files.iter().map(|file| file.text.clone()).collect();
    tokio::task::spawn_blocking(move || {
        for text in texts {
            // Nobody waits for it once the replay has ended.
            if sender.blocking_send(split(&text)).is_err() {
                return;
            }
        }
    });
    receiver
}

type Piece = (usize, usize, Option<NodeEnum>);

fn whole_file(text: &str, parsed: pg_query::ParseResult) -> Vec<Piece> {
    let statements = parsed.protobuf.stmts.into_iter();
    statements
        .map(|raw| {
            let start = usize::try_from(raw.stmt_location).unwrap_or(0);
            // A length of 0 means up to the end of the file.
            let end = match usize::try_from(raw.stmt_len) {
                Ok(0) | Err(_) => text.len(),
                Ok(length) => start + length,
            };
            (start, end, raw.stmt.and_then(|node| node.node))
        })
        .collect()
}

fn piecemeal(text: &str) -> Vec<Piece> {
    let Ok(found) = pg_query::split_with_scanner(text) else {
        return vec![(0, text.len(), None)];
    };
    let mut pieces = Vec::new();
    let mut at = 0;
    for piece in found {
        let start = piece.as_ptr().addr() - text.as_ptr().addr();
        pieces.push((at, start, None));
        let parsed = pg_query::parse(piece, 0).ok();
        let node = parsed
            .and_then(|parsed| parsed.protobuf.stmts.into_iter().next())
            .and_then(|raw| raw.stmt)
            .and_then(|node| node.node);
        at = start + piece.len();
        pieces.push((start, at, node));
    }
    // NOTE: the scanner gives nothing for text after a parenthesis that is never closed. What it
    // skipped is a statement all the same, for the server to refuse; separators alone are dropped later.
    pieces.push((at, text.len(), None));
    pieces
}

/// Takes out what only psql understands, line for line: the rows after `copy … from stdin`, and
/// `\restrict TOKEN` and `\unrestrict TOKEN`, which newer `pg_dump` puts around its output.
fn without_psql(text: &str) -> String {
    let mut in_rows = false;
    let mut rest = text;
    text.split_inclusive('\n')
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            if in_rows {
                rest = rest.get(line.len()..).unwrap_or_default();
                in_rows = words != ["\\."];
                return "\n";
            }
            rest = rest.get(line.len()..).unwrap_or_default();
            // Without the line that ends them there are no rows: nothing else may get lost.
            in_rows = is_copy_from_stdin(&words) && rest.lines().any(|line| line.trim() == "\\.");
            let guard = matches!(words.as_slice(), ["\\restrict" | "\\unrestrict", token]
                if token.chars().all(|c| c.is_ascii_alphanumeric()));
            if guard { "\n" } else { line }
        })
        .collect()
}

/// As `pg_dump` writes it, on one line.
fn is_copy_from_stdin(words: &[&str]) -> bool {
    let is =
        |word: Option<&&str>, text: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(text));
    let mut last = words.iter().rev();
    is(words.first(), "copy") && is(last.next(), "stdin;") && is(last.next(), "from")
}

/// How many bytes of white space and comments a piece begins with.
fn leading_trivia(piece: &str) -> usize {
    let mut rest = piece;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else {
            return piece.len() - rest.len();
        }
    }
}

/// Block comments nest in SQL.
fn after_block_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return &text[at..];
            }
        } else {
            at += 1;
        }
    }
    ""
}

/// Counts lines in one pass over the file.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    fn line_of(&mut self, offset: usize) -> u32 {
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        let newlines = self.bytes[self.at..offset]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        self.line += u32::try_from(newlines).unwrap_or(u32::MAX);
        self.at = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_and_texts(text: &str) -> Vec<(u32, String)> {
        split(text).into_iter().map(|s| (s.line, s.text)).collect()
    }

    #[test]
    fn comments_before_a_statement_do_not_count_as_its_line() {
        let text = "-- a\n/* b /* c */ */\nselect 1;\n\n-- d\nselect ';' -- e\n;\n";
        assert_eq!(
            lines_and_texts(text),
            [
                (3, "select 1".to_owned()),
                (6, "select ';' -- e".to_owned())
            ]
        );
    }

    #[test]
    fn a_statement_that_does_not_parse_costs_only_itself() {
        let text = "create table a (id int);\ncreate tabel b;\ncreate function f() returns int language sql as $$ select 1; $$;\n";
        let statements = split(text);
        assert_eq!(statements.len(), 3);
        assert!(statements[1].node.is_none());
        assert!(statements[2].node.is_some());
        assert_eq!(statements[2].line, 3);
    }

    #[test]
    fn guards_of_pg_dump_are_left_out_and_lines_stay() {
        let text = "\\restrict abc123\nselect 1;\n\\unrestrict abc123\n";
        assert_eq!(lines_and_texts(text), [(2, "select 1".to_owned())]);
    }

    #[test]
    fn nothing_after_an_unclosed_parenthesis_is_lost() {
        let text = "create table t (i int);\ncreate policy p on t using ((select 1 = i);\nalter table t enable row level security;\n";
        let statements = split(text);
        let all: String = statements.iter().map(|s| s.text.as_str()).collect();
        assert!(all.contains("enable row level security"), "{statements:?}");
        assert_eq!(statements[1].line, 2);
        assert_eq!(split("select 1;\ncreate table t (i int").len(), 2);
    }

    #[test]
    fn rows_of_a_dump_are_left_out_and_lines_stay() {
        let text = "COPY public.t (a) FROM stdin;\n1\tsecret\n\\.\n\nselect 1;\n";
        let found = lines_and_texts(text);
        assert_eq!(found[1], (5, "select 1".to_owned()));
        assert!(!found[0].1.contains("secret"));
    }

    #[test]
    fn a_copy_without_rows_takes_nothing_with_it() {
        let text = "copy t from stdin;\ncreate table after_it (i int);\n";
        assert_eq!(lines_and_texts(text)[1].0, 2);
    }

    #[test]
    fn comments_that_begin_and_begin_cost_no_minutes() {
        let begin = std::time::Instant::now();
        let text = format!("select 1;\nselect {}1;", "/*".repeat(500_000));
        assert_eq!(split(&text).len(), 1);
        let rule = format!("-- {}\nselect 1;\nselect 2;", "=".repeat(3_000));
        assert_eq!(split(&rule).len(), 2);
        assert!(begin.elapsed().as_secs() < 20);
    }

    #[test]
    fn a_file_of_comments_has_no_statement() {
        assert!(split("-- nothing\n\n/* here */\n;;\n").is_empty());
        assert!(split("").is_empty());
    }
}
