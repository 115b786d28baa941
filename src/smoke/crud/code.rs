//! What a piece of code calls, and whether it does more than look: read from its tokens.

use std::collections::BTreeSet;

use pg_query::protobuf::{KeywordKind, Token};

/// Words of statements that write, or that run what cannot be read here.
const WRITING: &[Token] = &[
    Token::Insert,
    Token::Update,
    Token::DeleteP,
    Token::Merge,
    Token::Copy,
    Token::Execute,
    Token::Call,
    Token::Truncate,
    Token::Create,
    Token::Alter,
    Token::Drop,
    Token::Refresh,
    Token::Load,
    Token::ImportP,
    Token::Do,
    // A name in Unicode escapes would have to be read first.
    Token::Uident,
];

/// Names that stand before a parenthesis, without schema; or the word that makes the code one to keep away from.
///
/// Whatever is no call at all, such as a type with its length, is a name that no function has.
pub(super) fn calls(code: &str) -> Result<BTreeSet<String>, String> {
    let scanned = pg_query::scan(code).map_err(|_| "code that cannot be read".to_owned())?;
    let tokens: Vec<_> = scanned
        .tokens
        .iter()
        .filter(|token| !matches!(token.token(), Token::SqlComment | Token::CComment))
        .collect();
    let mut names = BTreeSet::new();
    for (index, token) in tokens.iter().enumerate() {
        if WRITING.contains(&token.token()) {
            return Err(text(code, token.start, token.end).to_lowercase());
        }
        let is_before_parenthesis = tokens
            .get(index + 1)
            .is_some_and(|next| next.token() == Token::Ascii40);
        // `coalesce (` and `in (` are no calls; `replace (` is.
        let may_be_name = match token.keyword_kind() {
            KeywordKind::NoKeyword => token.token() == Token::Ident,
            KeywordKind::UnreservedKeyword | KeywordKind::TypeFuncNameKeyword => true,
            KeywordKind::ColNameKeyword | KeywordKind::ReservedKeyword => false,
        };
        if is_before_parenthesis && may_be_name {
            names.insert(plain(text(code, token.start, token.end)));
        }
    }
    Ok(names)
}

fn text(code: &str, start: i32, end: i32) -> &str {
    let at = |offset: i32| usize::try_from(offset).unwrap_or_default();
    code.get(at(start)..at(end)).unwrap_or_default()
}

fn plain(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::calls;

    fn names(code: &str) -> Vec<String> {
        calls(code).unwrap().into_iter().collect()
    }

    #[test]
    fn calls_are_found_and_comments_are_not() {
        let code = "begin -- nextval('a')\n new.at = now(); new.n = coalesce(new.n, Extensions.\"Odd Name\"(1)); /* setval(1) */ return new; end";
        assert_eq!(names(code), ["Odd Name", "now"]);
        assert_eq!(names("begin perform replace(a, b); end"), ["replace"]);
        assert_eq!(
            names("if tg_op = 'INSERT' then return new; end if"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn code_that_writes_or_runs_text_is_refused() {
        assert_eq!(
            calls("begin insert into log values (1); end").unwrap_err(),
            "insert"
        );
        assert_eq!(
            calls("begin EXECUTE 'select 1'; end").unwrap_err(),
            "execute"
        );
        assert!(calls("select 'unfinished").is_err());
    }
}
