//! The identifiers in a statement, those inside quoted bodies included.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::protobuf::{KeywordKind, Token};

/// Every identifier, folded as Postgres folds them: what a failed statement may have been about.
pub(super) fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(text, &mut names, 0);
    names
}

/// Whether a name is written with escapes, as in `U&"\005fours"`: which one it is, is not asked here.
pub(super) fn has_escaped_name(text: &str) -> bool {
    scan(text).is_some_and(|scan| {
        let mut tokens = scan.tokens.iter();
        tokens.any(|token| token.token() == Token::Uident)
    })
}

/// On which later line of a statement each identifier first stands; nothing for those of the first line.
pub(super) fn lines_of_names(text: &str) -> BTreeMap<String, u32> {
    let mut lines = BTreeMap::new();
    let Some(scan) = scan(text) else {
        return lines;
    };
    let (mut at, mut line) = (0, 0);
    for token in scan.tokens.iter().filter(|token| is_name(token)) {
        let range = usize::try_from(token.start)
            .ok()
            .zip(usize::try_from(token.end).ok());
        let Some((start, end)) = range.filter(|(start, end)| {
            *start >= at && text.is_char_boundary(*start) && text.is_char_boundary(*end)
        }) else {
            continue;
        };
        line += u32::try_from(text[at..start].matches('\n').count()).unwrap_or(0);
        at = start;
        lines.entry(fold(&text[start..end])).or_insert(line);
    }
    lines.retain(|_, line| *line > 0);
    lines
}

/// Whether Postgres' lexer would take a time for a text that grows with its square: it reads a run of characters that
/// operators are made of to its end each time that a comment begins in it (`xcstart` and `operator` in `scan.l`).
pub(super) fn is_tedious(text: &str) -> bool {
    const LONGEST: usize = 4_000;
    let is_of_operators = |byte: &u8| b"~!@#^&|`?+-*/%<>=".contains(byte);
    let mut runs = text.as_bytes().split(|byte| !is_of_operators(byte));
    runs.any(|run| run.len() > LONGEST)
}

/// The tokens of a text, as long as that is no matter of minutes.
fn scan(text: &str) -> Option<pg_query::protobuf::ScanResult> {
    if is_tedious(text) {
        return None;
    }
    pg_query::scan(text).ok()
}

fn is_name(token: &pg_query::protobuf::ScanToken) -> bool {
    token.token() == Token::Ident
        || matches!(
            token.keyword_kind(),
            KeywordKind::UnreservedKeyword | KeywordKind::ColNameKeyword
        )
}

fn collect(text: &str, names: &mut BTreeSet<String>, depth: u8) {
    let Some(scan) = scan(text) else {
        return;
    };
    for token in &scan.tokens {
        let range = usize::try_from(token.start)
            .ok()
            .zip(usize::try_from(token.end).ok());
        let Some(word) = range.and_then(|(start, end)| text.get(start..end)) else {
            continue;
        };
        match token.token() {
            Token::Sconst if depth < 3 => collect(body(word), names, depth + 1),
            Token::Ident => {
                names.insert(fold(word));
            }
            _ if matches!(
                token.keyword_kind(),
                KeywordKind::UnreservedKeyword | KeywordKind::ColNameKeyword
            ) =>
            {
                names.insert(fold(word));
            }
            _ => {}
        }
    }
}

fn fold(word: &str) -> String {
    match word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}

/// What stands between the quotes or dollar tags of a string.
fn body(word: &str) -> &str {
    if let Some(rest) = word.strip_prefix('$')
        && let Some((tag, rest)) = rest.split_once('$')
    {
        return rest.strip_suffix(&format!("${tag}$")).unwrap_or(rest);
    }
    word.trim_matches('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_bodies_and_in_text_that_does_not_parse() {
        let found = names(
            "create tabel Foo; do $$ begin create policy \"My Policy\" on public.bar; end $$",
        );
        for name in ["foo", "My Policy", "bar"] {
            assert!(found.contains(name), "{name} in {found:?}");
        }
    }
}
