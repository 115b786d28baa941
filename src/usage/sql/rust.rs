//! SQL that Rust hands to sqlx and to other drivers of Postgres.
//!
//! Tokens are enough: macros are called by name, and what they are given is a literal.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use crate::usage::code::{File, Place, Query, Skipped};
use crate::usage::files::Source;

/// A longer file is generated.
const LONGEST: usize = 2_000_000;

/// Groups within groups that are gone down into.
const DEEPEST: usize = 200;

/// Macros and functions whose text is a whole statement.
const CALLS: &[&str] = &[
    "query",
    "query_as",
    "query_scalar",
    "query_unchecked",
    "query_as_unchecked",
    "query_scalar_unchecked",
    "query_with",
    "query_as_with",
    "query_scalar_with",
    "sql_query",
];

/// Methods of a connection that take a statement.
const METHODS: &[&str] = &[
    "query",
    "query_one",
    "query_opt",
    "query_raw",
    "execute",
    "prepare",
    "prepare_cached",
    "batch_execute",
    "simple_query",
    "fetch",
    "fetch_all",
    "fetch_one",
    "fetch_optional",
];

/// Names that tell which database a program speaks to.
const POSTGRES: &[&str] = &[
    "PgPool",
    "PgConnection",
    "PgConnectOptions",
    "Postgres",
    "tokio_postgres",
    "deadpool_postgres",
];
const OTHERS: &[&str] = &[
    "SqlitePool",
    "SqliteConnection",
    "MySqlPool",
    "MySqlConnection",
    "rusqlite",
    "Sqlite",
    "MySql",
];

pub(super) fn read(sources: &[&Source]) -> (Vec<File>, Vec<Skipped>) {
    let names = |all: &[&str]| {
        sources
            .iter()
            .any(|source| all.iter().any(|name| source.text.contains(name)))
    };
    if names(OTHERS) && !names(POSTGRES) {
        return (Vec::new(), Vec::new());
    }
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    for source in sources {
        if !source.text.contains("query") && !source.text.contains("postgres") {
            continue;
        }
        let speaks_otherwise = OTHERS.iter().any(|name| source.text.contains(name))
            && !POSTGRES.iter().any(|name| source.text.contains(name));
        if speaks_otherwise {
            continue;
        }
        match catch_unwind(AssertUnwindSafe(|| queries(&source.text))) {
            Ok(Ok(queries)) if queries.is_empty() => {}
            Ok(Ok(queries)) => files.push(File {
                path: source.path.clone(),
                queries,
                ..File::default()
            }),
            Ok(Err(why)) => skipped.push(fault(source, why)),
            Err(_) => skipped.push(fault(source, "it could not be read".to_owned())),
        }
    }
    (files, skipped)
}

fn fault(source: &Source, why: String) -> Skipped {
    Skipped {
        path: source.path.clone(),
        why,
        is_fault: true,
    }
}

fn queries(text: &str) -> Result<Vec<Query>, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    // A first line for a shell is no token.
    let shell = text.starts_with("#!") && !text.starts_with("#![");
    let code = if shell {
        format!("//{text}")
    } else {
        text.to_owned()
    };
    let tokens: TokenStream = code.parse().map_err(|error: proc_macro2::LexError| {
        format!("line {}: it is no Rust", error.span().start().line)
    })?;
    let mut finder = Finder {
        found: Vec::new(),
        has_driver: text.contains("tokio_postgres") || text.contains("deadpool_postgres"),
    };
    finder.walk(tokens, 0);
    // The lexer keeps each text that it was given, for the places of its tokens.
    proc_macro2::extra::invalidate_current_thread_spans();
    Ok(finder.found)
}

struct Finder {
    found: Vec<Query>,
    /// Whether methods of plain names may be those of a driver.
    has_driver: bool,
}

impl Finder {
    fn walk(&mut self, tokens: TokenStream, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut before: Vec<TokenTree> = Vec::new();
        for token in tokens {
            if let TokenTree::Group(group) = &token {
                if group.delimiter() == Delimiter::Parenthesis && self.is_call(&before) {
                    self.call(group.stream());
                }
                self.walk(group.stream(), depth + 1);
            }
            before.push(token);
        }
    }

    /// Whether what stands before parentheses takes a statement: `query!` of sqlx, `query_as::<_, Row>`.
    fn is_call(&self, before: &[TokenTree]) -> bool {
        let mut at = before.len();
        let punct = |at: usize, sign: char| {
            at.checked_sub(1).and_then(|at| before.get(at)).is_some_and(
                |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign),
            )
        };
        if punct(at, '!') {
            at -= 1;
        } else if punct(at, '>') {
            // Types between `::<` and `>`.
            let mut open = 0_i32;
            while at > 0 {
                at -= 1;
                if let TokenTree::Punct(punct) = &before[at] {
                    match punct.as_char() {
                        '>' => open += 1,
                        '<' => open -= 1,
                        ';' => return false,
                        _ => {}
                    }
                }
                if open == 0 {
                    break;
                }
            }
            if punct(at, ':') && punct(at.saturating_sub(1), ':') {
                at -= 2;
            }
        }
        let Some(TokenTree::Ident(name)) = at.checked_sub(1).and_then(|at| before.get(at)) else {
            return false;
        };
        let name = name.to_string();
        let is_method = punct(at - 1, '.');
        if is_method {
            return self.has_driver && METHODS.contains(&name.as_str());
        }
        let is_definition = matches!(at.checked_sub(2).and_then(|at| before.get(at)),
            Some(TokenTree::Ident(word)) if word == "fn" || word == "macro_rules");
        !is_definition && CALLS.contains(&name.as_str())
    }

    /// The first text among the arguments, unless something is done to it.
    fn call(&mut self, arguments: TokenStream) {
        let tokens: Vec<TokenTree> = arguments.into_iter().collect();
        for argument in tokens
            .split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
            .take(2)
        {
            if let Some((text, place, is_verbatim)) = text_of(argument) {
                if super::is_query(&text) {
                    self.found.push(Query {
                        text: text.into(),
                        place,
                        is_verbatim,
                    });
                }
                return;
            }
        }
    }
}

/// A text that stands alone, or several put together by `+` as sqlx's macros take them.
fn text_of(argument: &[TokenTree]) -> Option<(String, Place, bool)> {
    let mut tokens = argument.iter();
    let mut first = tokens.next()?;
    if matches!(first, TokenTree::Punct(punct) if punct.as_char() == '&') {
        first = tokens.next()?;
    }
    let TokenTree::Literal(literal) = first else {
        return None;
    };
    let (mut text, place, mut is_verbatim) = value(literal)?;
    while let Some(token) = tokens.next() {
        let is_plus = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '+');
        let Some(TokenTree::Literal(more)) = tokens.next().filter(|_| is_plus) else {
            return None;
        };
        text.push_str(&value(more)?.0);
        is_verbatim = false;
    }
    Some((text, place, is_verbatim))
}

/// The text of a literal, where it starts behind its quote, and whether it stands there as it is.
fn value(literal: &Literal) -> Option<(String, Place, bool)> {
    let written = literal.to_string();
    let start = literal.span().start();
    let (text, skipped, is_verbatim) = if let Some(raw) = written.strip_prefix('r') {
        let hashes = raw.bytes().take_while(|byte| *byte == b'#').count();
        let inner = raw.get(hashes + 1..raw.len().checked_sub(hashes + 1)?)?;
        raw[hashes..].starts_with('"').then_some(())?;
        (inner.to_owned(), hashes + 2, true)
    } else {
        let inner = written.strip_prefix('"')?.strip_suffix('"')?;
        let text = unescaped(inner)?;
        let is_verbatim = text == inner;
        (text, 1, is_verbatim)
    };
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place {
        line: number(start.line),
        column: number(start.column + 1 + skipped),
    };
    // The lexer reads a line break of two bytes as one.
    Some((text, place, is_verbatim))
}

/// A text as the program has it.
fn unescaped(written: &str) -> Option<String> {
    let mut text = String::with_capacity(written.len());
    let mut letters = written.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push(' '),
            letter @ ('\\' | '\'' | '"') => text.push(letter),
            'x' => {
                let digits: String = [letters.next()?, letters.next()?].iter().collect();
                text.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            'u' => {
                let digits: String = letters
                    .by_ref()
                    .skip(1)
                    .take_while(|letter| *letter != '}')
                    .collect();
                text.push(char::from_u32(
                    u32::from_str_radix(&digits.replace('_', ""), 16).ok()?,
                )?);
            }
            '\n' | '\r' => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
            _ => return None,
        }
    }
    Some(text)
}
