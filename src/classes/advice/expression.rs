//! What expressions and queries call and name, found by parsing them.

use serde_json::Value;

use crate::sql;

/// An expression or a query, parsed.
#[derive(Debug)]
pub(in crate::classes) struct Parsed {
    tree: Value,
    text: String,
    offset: usize,
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::classes) struct Call {
    /// Its name as it is written, `auth.uid`.
    pub(in crate::classes) name: String,
    /// Whether it is evaluated once for all rows: inside of a subquery that needs nothing of them.
    pub(in crate::classes) is_once: bool,
    /// Whether it is given something of the row.
    pub(in crate::classes) takes_row: bool,
    /// Where it begins in the text.
    start: usize,
}

/// Stands before an expression so that it parses as a statement.
const BEFORE: &str = "select (";

impl Parsed {
    /// Parses an expression.
    pub(in crate::classes) fn expression(text: &str) -> Option<Self> {
        Self::parse(format!("{BEFORE}{text})"), BEFORE.len())
    }

    /// Parses statements.
    pub(in crate::classes) fn statements(text: &str) -> Option<Self> {
        Self::parse(text.to_owned(), 0)
    }

    fn parse(text: String, offset: usize) -> Option<Self> {
        let parsed = pg_query::parse(&text, 0).ok()?;
        let tree = serde_json::to_value(parsed.protobuf).ok()?;
        Some(Self { tree, text, offset })
    }

    /// The functions that it calls.
    pub(in crate::classes) fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        calls_in(&self.tree, false, &mut calls);
        for call in &mut calls {
            call.start = call.start.saturating_sub(self.offset);
        }
        calls
    }

    /// The texts that stand in it as constants.
    pub(in crate::classes) fn strings(&self) -> Vec<&str> {
        let nodes = nodes(&self.tree, "AConst").into_iter();
        nodes
            .filter_map(|constant| constant.pointer("/val/Sval/sval")?.as_str())
            .collect()
    }

    /// The columns that it names, with what qualifies them.
    pub(in crate::classes) fn columns(&self) -> Vec<Vec<&str>> {
        let nodes = nodes(&self.tree, "ColumnRef").into_iter();
        nodes.map(|column| words(column, "fields")).collect()
    }

    /// The relations that it names: schema and name.
    pub(in crate::classes) fn relations(&self) -> Vec<(&str, &str)> {
        let nodes = nodes(&self.tree, "RangeVar").into_iter();
        nodes
            .filter_map(|relation| {
                Some((
                    relation.get("schemaname")?.as_str()?,
                    relation.get("relname")?.as_str()?,
                ))
            })
            .collect()
    }

    /// Whether it is true whatever the row: `true`, or `1 = 1`.
    pub(in crate::classes) fn is_always_true(&self) -> bool {
        let Some(root) = self.root() else {
            return false;
        };
        if root.pointer("/AConst/val/Boolval/boolval") == Some(&Value::Bool(true)) {
            return true;
        }
        self.equation().is_some_and(|(left, right)| {
            let constant = |side: &Value| {
                let value = side
                    .pointer("/node/AConst/val")
                    .or(side.pointer("/node/TypeCast/arg/node/AConst/val"));
                value.cloned()
            };
            constant(left).is_some() && constant(left) == constant(right)
        })
    }

    /// The constant that it holds a column of that name to, where it does nothing else.
    pub(in crate::classes) fn holds_column_to(&self, column: &str) -> Option<&str> {
        let (left, right) = self.equation()?;
        let is_column = |side: &Value| {
            let fields = side.pointer("/node/ColumnRef");
            fields.is_some_and(|fields| words(fields, "fields").last() == Some(&column))
        };
        let other = match (is_column(left), is_column(right)) {
            (true, false) => right,
            (false, true) => left,
            _ => return None,
        };
        let constant = other
            .pointer("/node/AConst/val/Sval/sval")
            .or(other.pointer("/node/TypeCast/arg/node/AConst/val/Sval/sval"));
        constant?.as_str()
    }

    /// The text with each of these calls as a subquery of its own.
    pub(in crate::classes) fn with_subqueries(&self, calls: &[&Call]) -> Option<String> {
        let text =
            &self.text[self.offset..self.text.len().checked_sub(usize::from(self.offset > 0))?];
        let mut starts: Vec<usize> = calls.iter().map(|call| call.start).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut changed = text.to_owned();
        for start in starts.into_iter().rev() {
            let end = start + end_of_call(text.get(start..)?)?;
            changed.replace_range(start..end, &format!("(select {})", &text[start..end]));
        }
        Self::expression(&changed).map(|_| changed)
    }

    /// The only thing that a statement selects.
    fn root(&self) -> Option<&Value> {
        self.tree
            .pointer("/stmts/0/stmt/node/SelectStmt/target_list/0/node/ResTarget/val/node")
    }

    fn equation(&self) -> Option<(&Value, &Value)> {
        let equation = self.root()?.get("AExpr")?;
        (words(equation, "name") == ["="])
            .then(|| Some((equation.get("lexpr")?, equation.get("rexpr")?)))?
    }
}

/// The qualified names in a text, pairs of what stands around a point: for one that is nested too deep to be parsed.
/// Columns are among them.
pub(in crate::classes) fn qualified_names(text: &str) -> Vec<(String, String)> {
    use pg_query::protobuf::Token::Ascii46;

    let Ok(scanned) = pg_query::scan(text) else {
        return Vec::new();
    };
    let word = |token: &pg_query::protobuf::ScanToken| {
        let (start, end) = (usize::try_from(token.start), usize::try_from(token.end));
        let word = text.get(start.ok()?..end.ok()?)?;
        Some(sql::parts(word).concat())
    };
    let triples = scanned.tokens.windows(3);
    let pairs = triples.filter(|triple| triple[1].token == Ascii46 as i32);
    pairs
        .filter_map(|triple| Some((word(&triple[0])?, word(&triple[2])?)))
        .collect()
}

/// Where the call at the beginning of a text ends.
fn end_of_call(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for token in pg_query::scan(text).ok()?.tokens {
        use pg_query::protobuf::Token;
        match Token::try_from(token.token).ok()? {
            Token::Ascii40 => depth += 1,
            Token::Ascii41 => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return usize::try_from(token.end).ok();
                }
            }
            _ => {}
        }
    }
    None
}

/// All nodes of a kind, wherever they stand.
fn nodes<'a>(tree: &'a Value, kind: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![tree];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get(kind).filter(|node| node.is_object()));
                open.extend(fields.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}

fn calls_in(tree: &Value, is_once: bool, calls: &mut Vec<Call>) {
    match tree {
        Value::Object(fields) => {
            if let Some(call) = fields.get("FuncCall") {
                let start = call
                    .get("location")
                    .and_then(Value::as_u64)
                    .unwrap_or_default();
                calls.push(Call {
                    name: words(call, "funcname").join("."),
                    is_once,
                    takes_row: !nodes(call, "ColumnRef").is_empty(),
                    start: usize::try_from(start).unwrap_or_default(),
                });
            }
            for (name, field) in fields {
                // `user_id in (select auth.uid())`: what stands before it is no part of the subquery.
                let is_once = is_once || name == "subselect" && needs_no_row(field);
                calls_in(field, is_once, calls);
            }
        }
        Value::Array(list) => {
            for item in list {
                calls_in(item, is_once, calls);
            }
        }
        _ => {}
    }
}

/// Whether a subquery reads nothing, neither a table nor the row around it: Postgres evaluates it once.
fn needs_no_row(query: &Value) -> bool {
    nodes(query, "RangeVar").is_empty() && nodes(query, "ColumnRef").is_empty()
}

/// The names in a list of them.
fn words<'a>(node: &'a Value, list: &str) -> Vec<&'a str> {
    let items = node
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    items
        .filter_map(|item| item.pointer("/node/String/sval")?.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> Vec<String> {
        let calls = Parsed::expression(text).unwrap().calls().into_iter();
        let bare = calls.filter(|call| !call.is_once);
        bare.map(|call| call.name).collect()
    }

    #[test]
    fn a_call_in_a_subquery_without_tables_is_made_once() {
        assert_eq!(bare("(auth.uid() = user_id)"), ["auth.uid"]);
        assert!(bare("(( SELECT auth.uid() AS uid) = user_id)").is_empty());
        assert!(bare("(( SELECT (auth.jwt() ->> 'role'::text)) = 'x'::text)").is_empty());
        let joined = "(EXISTS ( SELECT 1 FROM public.m WHERE (m.u = auth.uid())))";
        assert_eq!(bare(joined), ["auth.uid"]);
        assert_eq!(bare("( SELECT (auth.uid() = t.user_id))"), ["auth.uid"]);
        assert!(bare("(user_id IN ( SELECT auth.uid() AS uid))").is_empty());
        assert_eq!(
            bare("(auth.uid() IN ( SELECT auth.jwt() AS jwt))"),
            ["auth.uid"]
        );
    }

    #[test]
    fn a_call_is_wrapped_where_it_stands() {
        let text = "((auth.uid() = a) OR ((auth.jwt() ->> 'ü)'::text) = b))";
        let parsed = Parsed::expression(text).unwrap();
        let calls = parsed.calls();
        let changed = parsed.with_subqueries(&calls.iter().collect::<Vec<_>>());
        assert_eq!(
            changed.unwrap(),
            "(((select auth.uid()) = a) OR (((select auth.jwt()) ->> 'ü)'::text) = b))"
        );
    }

    #[test]
    fn what_is_always_true_is_told_from_what_depends() {
        let is = |text| Parsed::expression(text).unwrap().is_always_true();
        for text in ["true", "(true)", "(1 = 1)", "('a'::text = 'a'::text)"] {
            assert!(is(text), "{text}");
        }
        for text in [
            "(1 = 2)",
            "(a = a)",
            "false",
            "(a = 'true'::text)",
            "(true AND a)",
        ] {
            assert!(!is(text), "{text}");
        }
        let one = Parsed::expression("(bucket_id = 'avatars'::text)").unwrap();
        assert_eq!(one.holds_column_to("bucket_id"), Some("avatars"));
    }
}
