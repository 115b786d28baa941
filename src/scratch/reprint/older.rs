//! What a server before Postgres 14 reads and stores in another way (release notes of 14, migration).
//!
//! `extract` gave a double, stored as `date_part`, and constants beside it were cast to that: both texts are brought to one
//! spelling, where what is extracted is a numeric and other casts to either type are left to the parser.
//! `substring(… similar … escape …)` was spelled `from` and `for`.

use pg_query::protobuf::{ScanToken, Token};

/// The major version that brought it.
pub(super) const SINCE: u32 = 14;

/// The text as such a server reads it, and as it compares with what such a server prints.
pub(super) fn respelled(text: &str) -> Option<String> {
    let tokens = pg_query::scan(text).ok()?.tokens;
    let word = |token: &ScanToken| {
        let start = usize::try_from(token.start).ok()?;
        text.get(start..usize::try_from(token.end).ok()?)
    };
    let words: Vec<&str> = tokens.iter().map(word).collect::<Option<_>>()?;
    let extracts = words.windows(2).any(extracts);
    let mut writer = Writer::default();
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        if extracts && let Some(length) = cast(rest) {
            at += length;
            continue;
        }
        writer.write(rest);
        if !is_joined(&tokens, at) {
            writer.text.push(' ');
        }
        at += 1;
    }
    Some(writer.text.trim_end().to_owned())
}

#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
    /// How deep the calls of `extract` are that are not closed yet.
    extracts: Vec<usize>,
    /// The same for `substring`.
    substrings: Vec<usize>,
}

impl Writer {
    fn write(&mut self, rest: &[&str]) {
        if extracts(rest) {
            self.extracts.push(self.depth);
            self.text.push('(');
        }
        if let ["SUBSTRING", "(", ..] = rest {
            self.substrings.push(self.depth + 1);
        }
        match rest[0] {
            "(" => self.depth += 1,
            ")" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let in_substring = self.substrings.last() == Some(&self.depth);
        self.text.push_str(match rest[0] {
            "SIMILAR" if in_substring => "FROM",
            "ESCAPE" if in_substring => "FOR",
            word => word,
        });
        if rest[0] == ")" && self.extracts.last() == Some(&self.depth) {
            self.extracts.pop();
            self.text.push_str(")::numeric");
        }
        if rest[0] == ")" && self.substrings.last() == Some(&(self.depth + 1)) {
            self.substrings.pop();
        }
    }
}

fn extracts(words: &[&str]) -> bool {
    matches!(words, ["EXTRACT" | "date_part", "(", ..])
}

/// How many words a cast to one of the two types takes; one with digits is somebody's choice.
fn cast(words: &[&str]) -> Option<usize> {
    let length = match words {
        ["::", "numeric", ..] => 2,
        ["::", "double", "precision", ..] => 3,
        _ => return None,
    };
    match &words[length..] {
        ["(", ..] => None,
        ["[", "]", ..] => Some(length + 2),
        _ => Some(length),
    }
}

/// Whether two tokens touch where a blank between them would make another operator of them.
fn is_joined(tokens: &[ScanToken], at: usize) -> bool {
    let is_operator = |token: &ScanToken| token.token == Token::Op as i32;
    tokens.get(at + 1).is_none_or(|next| {
        tokens[at].end == next.start && is_operator(&tokens[at]) && is_operator(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_become_one() {
        let older = "((date_part('year'::text, at) >= (2000)::double precision) AND (a = (1.5)::numeric(3,1)))";
        let newer = "((EXTRACT(year FROM at) >= (2000)::numeric) AND (a = (1.5)::numeric(3,1)))";
        assert_eq!(
            respelled(older).unwrap_or_default(),
            "( ( (date_part ( 'year' :: text , at ))::numeric >= ( 2000 ) ) AND ( a = ( 1.5 ) :: numeric ( 3 , 1 ) ) )"
        );
        assert_eq!(
            respelled(newer).unwrap_or_default(),
            "( ( (EXTRACT ( year FROM at ))::numeric >= ( 2000 ) ) AND ( a = ( 1.5 ) :: numeric ( 3 , 1 ) ) )"
        );
        let other = "(a = (1)::numeric)";
        assert_eq!(
            respelled(other).as_deref(),
            Some("( a = ( 1 ) :: numeric )")
        );
        let similar = "SUBSTRING(a SIMILAR (b SIMILAR TO c ESCAPE 'x') ESCAPE '#')";
        assert_eq!(
            respelled(similar).as_deref(),
            Some("SUBSTRING ( a FROM ( b SIMILAR TO c ESCAPE 'x' ) FOR '#' )")
        );
    }
}
