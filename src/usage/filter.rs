//! The grammar of conditions in a text: `age.gt.18,and(name.eq."a, b",not.or(x.is.null,y.in.(1,2)))`.
//!
//! As `PostgREST` reads the value of `or` (its documentation: "Horizontal Filtering").

/// A condition on a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The column, or what stands for one.
    pub column: String,
    /// Where it begins, in bytes.
    pub at: usize,
    /// Whether only a part of it is meant.
    pub has_path: bool,
    /// How it is compared, e.g. `eq`.
    pub operator: String,
    /// With what, as written.
    pub value: String,
}

/// Reads conditions; `None` where a text is none that anybody understands.
pub fn parse(text: &str) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    list(text, 0, &mut conditions, 0)?;
    Some(conditions)
}

fn list(text: &str, from: usize, into: &mut Vec<Condition>, depth: u8) -> Option<()> {
    if depth > 40 {
        return None;
    }
    for (at, piece) in pieces(text) {
        let lead = piece.len() - piece.trim_start().len();
        let (piece, at) = (piece.trim(), from + at + lead);
        let bare = piece.strip_prefix("not.").unwrap_or(piece);
        let skipped = piece.len() - bare.len();
        let inside = ["and", "or"].iter().find_map(|word| {
            let rest = bare.strip_prefix(word)?;
            let open = rest.trim_start();
            let inside = open.strip_prefix('(')?.strip_suffix(')')?;
            Some((inside, word.len() + rest.len() - open.len() + 1))
        });
        match inside {
            Some((inside, before)) => list(inside, at + skipped + before, into, depth + 1)?,
            None => into.push(condition(piece, at)?),
        }
    }
    Some(())
}

fn condition(piece: &str, at: usize) -> Option<Condition> {
    let (column, rest, has_path, offset) = match piece.strip_prefix('"') {
        Some(quoted) => {
            let (column, rest) = quoted.split_once('"')?;
            (column, rest.strip_prefix('.')?, false, 1)
        }
        None => {
            let (column, rest) = piece.split_once('.')?;
            match column.split_once("->") {
                Some((column, _)) => (column, rest, true, 0),
                None => (column, rest, false, 0),
            }
        }
    };
    if column.contains(['(', ')']) {
        return None;
    }
    let rest = rest.strip_prefix("not.").unwrap_or(rest);
    let (operator, value) = rest.split_once('.')?;
    // `eq(any)`, `fts(english)`: what stands in brackets is about how.
    let operator = operator.split('(').next().unwrap_or(operator);
    Some(Condition {
        column: column.trim().to_owned(),
        at: at + offset,
        has_path,
        operator: operator.to_owned(),
        value: value.to_owned(),
    })
}

/// The pieces between commas outside of quotes and brackets, with where each begins.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    let (mut in_quotes, mut is_escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes => is_escaped = true,
            '"' => in_quotes = !in_quotes,
            '(' | '{' | '[' if !in_quotes => depth += 1,
            ')' | '}' | ']' if !in_quotes => depth = depth.saturating_sub(1),
            ',' if depth == 0 && !in_quotes => {
                pieces.push((start, &text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push((start, &text[start..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_however_deep() {
        let text = r#"age.gt.18, and(name.eq."a, b",not.or(x.is.null,y.in.(1,2))),meta->>k.not.eq.v,"odd name".cs.{a,b}"#;
        let read = parse(text).unwrap();
        let short: Vec<(&str, &str, &str)> = read
            .iter()
            .map(|one| {
                (
                    one.column.as_str(),
                    one.operator.as_str(),
                    one.value.as_str(),
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                ("age", "gt", "18"),
                ("name", "eq", r#""a, b""#),
                ("x", "is", "null"),
                ("y", "in", "(1,2)"),
                ("meta", "eq", "v"),
                ("odd name", "cs", "{a,b}"),
            ]
        );
        assert!(read[4].has_path);
        for one in &read {
            assert!(text[one.at..].starts_with(&one.column), "{one:?}");
        }
    }

    #[test]
    fn what_is_no_condition_is_none() {
        for text in ["age", "", "a.b", "and(a.eq.1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
