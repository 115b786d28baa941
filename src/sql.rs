//! Quoting of identifiers and literals: the only place that escapes SQL.

/// Quotes an identifier when it needs quotes, the same for every server version.
///
/// Words that any supported Postgres reserves are quoted, so that a name looks alike on both sides.
pub fn identifier(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && RESERVED.binary_search(&name).is_err() {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Quotes a name whether it needs it or not: `none` is a role in quotes only.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Joins the parts of a qualified name, each quoted when it needs quotes.
pub fn qualified<S: AsRef<str>>(parts: &[S]) -> String {
    let mut name = String::new();
    for part in parts {
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&identifier(part.as_ref()));
    }
    name
}

/// A string literal that reads the same whatever `standard_conforming_strings` says.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// The parts of a qualified name, without quotes: what [`qualified`] put together.
pub fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars().peekable();
    let mut in_quotes = false;
    while let Some(c) = chars.next() {
        let last = parts.last_mut().expect("there is a first part");
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                last.push('"');
            }
            '"' => in_quotes = !in_quotes,
            '.' if !in_quotes => parts.push(String::new()),
            _ => last.push(c),
        }
    }
    parts
}

/// A text in which one name, as SQL spells it, stands in place of another: wherever that stands on its own, or only
/// where it qualifies something, as in `s.t`.
pub fn respelled(text: &str, from: &str, to: &str, only_qualifying: bool) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let mut respelled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(from).filter(|_| !from.is_empty()) {
        let (before, after) = (&rest[..place], &rest[place + from.len()..]);
        respelled.push_str(before);
        let is_alone = !respelled.ends_with(is_part) && !after.starts_with(is_part);
        // A quote that ends a name written in quotes stands between it and the dot.
        let qualifies = after.trim_start_matches('"').starts_with('.');
        let is_meant = is_alone && (qualifies || !only_qualifying);
        respelled.push_str(if is_meant { to } else { from });
        rest = after;
    }
    respelled.push_str(rest);
    respelled
}

/// Reserved and type-or-function-name keywords of Postgres 13 to 18 (Postgres documentation, appendix C), sorted.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_the_place_of_another_where_it_stands_alone() {
        let any = |text| respelled(text, "s", "\"t*\"", false);
        assert_eq!(any("s.f(s.t)"), "\"t*\".f(\"t*\".t)");
        assert_eq!(any("schema s"), "schema \"t*\"");
        assert_eq!(any("status.rows, s_s.x"), "status.rows, s_s.x");
        let qualifying = |text| respelled(text, "s", "t", true);
        assert_eq!(
            qualifying("select s, s.a from s.b as s"),
            "select s, t.a from t.b as s"
        );
    }

    #[test]
    fn a_plain_name_stays_bare_and_others_are_quoted() {
        assert_eq!(identifier("user_profiles"), "user_profiles");
        assert_eq!(identifier("user"), "\"user\"");
        assert_eq!(
            identifier("Members can \"read\""),
            "\"Members can \"\"read\"\"\""
        );
        assert_eq!(identifier(""), "\"\"");
        assert_eq!(identifier("1st"), "\"1st\"");
    }

    #[test]
    fn reserved_words_are_sorted_for_the_binary_search() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn a_qualified_name_is_taken_apart_as_it_was_put_together() {
        let parts_of = ["public", "a.b", "c \"d\""];
        assert_eq!(parts(&qualified(&parts_of)), parts_of);
    }

    #[test]
    fn a_literal_survives_quotes_and_backslashes() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), " E'a\\\\''b'");
    }
}
