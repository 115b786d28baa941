//! Methods of supabase-py in the spelling and argument order of supabase-js.
//!
//! Parameters as in `postgrest-py`, `storage3` and `realtime-py`; what they are called here is what the
//! JavaScript client calls the same.

use std::sync::Arc;

use crate::usage::code::{At, Call, Field, Place, Value};

/// A method: its name here, that of supabase-js, its parameters in order, and how many of them are arguments of
/// their own there; the others become fields of one object.
struct Method(&'static str, &'static str, &'static [&'static str], usize);

const METHODS: &[Method] = &[
    Method("table", "from", &["table_name"], 1),
    Method("from_", "from", &["table"], 1),
    Method("schema", "schema", &["schema"], 1),
    Method("rpc", "rpc", &["fn", "params", "count", "head", "get"], 2),
    Method(
        "insert",
        "insert",
        &["json", "count", "returning", "upsert", "default_to_null"],
        1,
    ),
    Method(
        "upsert",
        "upsert",
        &[
            "json",
            "count",
            "returning",
            "ignore_duplicates",
            "on_conflict",
            "default_to_null",
        ],
        1,
    ),
    Method("update", "update", &["json", "count", "returning"], 1),
    Method("delete", "delete", &["count", "returning"], 0),
    Method("is_", "is", &["column", "value"], 2),
    Method("in_", "in", &["column", "values"], 2),
    Method("cs", "contains", &["column", "values"], 2),
    Method("cd", "containedBy", &["column", "values"], 2),
    Method("contained_by", "containedBy", &["column", "value"], 2),
    Method("contains", "contains", &["column", "value"], 2),
    Method("ov", "overlaps", &["column", "value"], 2),
    Method("overlaps", "overlaps", &["column", "values"], 2),
    Method("sl", "rangeLt", &["column", "range"], 2),
    Method("sr", "rangeGt", &["column", "range"], 2),
    Method("nxl", "rangeGte", &["column", "range"], 2),
    Method("nxr", "rangeLte", &["column", "range"], 2),
    Method("adj", "rangeAdjacent", &["column", "range"], 2),
    Method("range_gt", "rangeGt", &["column", "range"], 2),
    Method("range_gte", "rangeGte", &["column", "range"], 2),
    Method("range_lt", "rangeLt", &["column", "range"], 2),
    Method("range_lte", "rangeLte", &["column", "range"], 2),
    Method("range_adjacent", "rangeAdjacent", &["column", "range"], 2),
    Method("like_all_of", "likeAllOf", &["column", "pattern"], 2),
    Method("like_any_of", "likeAnyOf", &["column", "pattern"], 2),
    Method("ilike_all_of", "ilikeAllOf", &["column", "pattern"], 2),
    Method("ilike_any_of", "ilikeAnyOf", &["column", "pattern"], 2),
    Method("or_", "or", &["filters", "reference_table"], 1),
    Method("filter", "filter", &["column", "operator", "criteria"], 3),
    Method("match", "match", &["query"], 1),
    Method(
        "order",
        "order",
        &["column", "desc", "nullsfirst", "foreign_table"],
        1,
    ),
    Method("limit", "limit", &["size", "foreign_table"], 1),
    Method("range", "range", &["start", "end", "foreign_table"], 2),
    Method(
        "text_search",
        "textSearch",
        &["column", "query", "options"],
        3,
    ),
    Method("fts", "textSearch", &["column", "query"], 2),
    Method("plfts", "textSearch", &["column", "query"], 2),
    Method("phfts", "textSearch", &["column", "query"], 2),
    Method("wfts", "textSearch", &["column", "query"], 2),
    Method("maybe_single", "maybeSingle", &[], 0),
    Method("get_bucket", "getBucket", &["id"], 1),
    Method("empty_bucket", "emptyBucket", &["id"], 1),
    Method("delete_bucket", "deleteBucket", &["id"], 1),
    Method("update_bucket", "updateBucket", &["id", "options"], 2),
    Method(
        "create_bucket",
        "createBucket",
        &["id", "name", "options"],
        3,
    ),
    Method("channel", "channel", &["topic", "params"], 2),
    Method(
        "on_postgres_changes",
        "on",
        &["event", "callback", "table", "schema", "filter"],
        0,
    ),
];

/// Methods with two parameters that both clients call the same: a column and a value.
const FILTERS: &[&str] = &[
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "like",
    "ilike",
    "imatch",
    "match_regex",
];

/// Options that the other client calls differently; others change to camel case.
const OPTIONS: &[(&str, &str)] = &[
    ("reference_table", "referencedTable"),
    ("foreign_table", "referencedTable"),
    ("nullsfirst", "nullsFirst"),
];

/// The operators of `PostgREST` behind the methods that `not_` turns around.
const OPERATORS: &[(&str, &str)] = &[
    ("is_", "is"),
    ("in_", "in"),
    ("contains", "cs"),
    ("contained_by", "cd"),
    ("overlaps", "ov"),
    ("text_search", "fts"),
    ("range_gt", "sr"),
    ("range_gte", "nxl"),
    ("range_lt", "sl"),
    ("range_lte", "nxr"),
    ("range_adjacent", "adj"),
    ("like_all_of", "like(all)"),
    ("like_any_of", "like(any)"),
    ("ilike_all_of", "ilike(all)"),
    ("ilike_any_of", "ilike(any)"),
];

/// Arguments as they are written: by position and by name.
#[derive(Clone)]
pub(super) struct Arguments {
    pub(super) positional: Vec<At>,
    pub(super) named: Vec<(Arc<str>, At)>,
    /// Whether there may be more: `*columns`.
    pub(super) is_open: bool,
}

impl Arguments {
    /// The argument of a parameter, taken out.
    fn take(&mut self, at: usize, name: &str) -> Option<At> {
        if let Some(value) = self.positional.get(at) {
            return Some(value.clone());
        }
        let found = self.named.iter().position(|(named, _)| &**named == name)?;
        Some(self.named.remove(found).1)
    }
}

/// A call of supabase-py as the same call of supabase-js; `not_` turns a filter around.
pub(super) fn translated(name: &str, mut given: Arguments, place: Place, negated: bool) -> Call {
    if name == "select" {
        return select(given, place);
    }
    if name == "on_postgres_changes" {
        return changes(given, place);
    }
    if negated {
        return not(name, given, place);
    }
    let plain = Method("", "", &["column", "value"], 2);
    let method = METHODS.iter().find(|method| method.0 == name);
    let is_upsert = name == "insert"
        && given
            .named
            .iter()
            .any(|(name, at)| &**name == "upsert" && at.value == Value::Bool(true));
    let Method(_, there, parameters, own) = method.unwrap_or(&plain);
    let spelled = match method {
        Some(_) if is_upsert => "upsert".to_owned(),
        Some(_) => (*there).to_owned(),
        None => camel(name),
    };
    let is_known = method.is_some() || FILTERS.contains(&name);
    if !is_known {
        return call(&spelled, given.positional, place);
    }
    let mut arguments: Vec<At> = Vec::new();
    for (at, parameter) in parameters.iter().take(*own).enumerate() {
        let Some(found) = given.take(at, parameter) else {
            break;
        };
        arguments.push(found);
    }
    if let Some(options) = options(&mut given, parameters, *own, place) {
        while arguments.len() < *own {
            arguments.push(unknown(place));
        }
        arguments.push(options);
    }
    call(&spelled, arguments, place)
}

fn call(method: &str, arguments: Vec<At>, place: Place) -> Call {
    Call {
        method: method.into(),
        arguments,
        place,
        is_told: false,
    }
}

const fn unknown(place: Place) -> At {
    At {
        value: Value::Unknown,
        place,
    }
}

fn text(text: &str, place: Place) -> At {
    At {
        value: Value::Text {
            text: text.into(),
            is_verbatim: false,
        },
        place,
    }
}

/// The parameters that are options, as one object.
fn options(given: &mut Arguments, parameters: &[&str], own: usize, place: Place) -> Option<At> {
    let mut fields = Vec::new();
    for (at, parameter) in parameters.iter().enumerate().skip(own) {
        let Some(found) = given.take(at, parameter) else {
            continue;
        };
        let (name, value) = match (*parameter, found.value) {
            ("desc", Value::Bool(desc)) => ("ascending".to_owned(), Value::Bool(!desc)),
            ("desc", _) => ("ascending".to_owned(), Value::Unknown),
            (name, value) => (renamed(name), value),
        };
        fields.push(Field {
            name: name.into(),
            place: found.place,
            value,
            is_optional: false,
        });
    }
    let is_whole = !given.is_open;
    (!fields.is_empty()).then_some(At {
        place: fields.first().map_or(place, |field| field.place),
        value: Value::Fields { fields, is_whole },
    })
}

fn renamed(option: &str) -> String {
    let known = OPTIONS.iter().find(|(name, _)| *name == option);
    known.map_or_else(|| camel(option), |(_, there)| (*there).to_owned())
}

fn camel(name: &str) -> String {
    let mut parts = name.trim_matches('_').split('_');
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        spelled.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        spelled.push_str(letters.as_str());
    }
    spelled
}

/// `select("a", "b", count="exact")`: the columns are one text.
fn select(mut given: Arguments, place: Place) -> Call {
    let columns = std::mem::take(&mut given.positional);
    let counted = options(&mut given, &["count", "head"], 0, place);
    let columns = if given.is_open {
        Some(unknown(place))
    } else if columns.len() == 1 {
        columns.into_iter().next()
    } else {
        joined(&columns, place)
    };
    let mut arguments: Vec<At> = columns.into_iter().collect();
    if let Some(counted) = counted {
        if arguments.is_empty() {
            arguments.push(text("*", place));
        }
        arguments.push(counted);
    }
    call("select", arguments, place)
}

fn joined(columns: &[At], place: Place) -> Option<At> {
    let first = columns.first()?;
    let texts: Option<Vec<&str>> = columns
        .iter()
        .map(|column| match &column.value {
            Value::Text { text, .. } => Some(&**text),
            _ => None,
        })
        .collect();
    Some(texts.map_or(unknown(place), |texts| text(&texts.join(","), first.place)))
}

fn not(name: &str, given: Arguments, place: Place) -> Call {
    if name == "or_" || name == "filter" {
        let spelled = if name == "or_" { "or" } else { "filter" };
        return call(spelled, given.positional, place);
    }
    let known = OPERATORS.iter().find(|(method, _)| *method == name);
    let operator = known.map_or(name, |(_, operator)| operator);
    let mut arguments = given.positional.into_iter();
    let mut turned: Vec<At> = arguments.next().into_iter().collect();
    turned.push(text(operator, place));
    turned.extend(arguments);
    turned.extend(given.named.into_iter().map(|(_, at)| at));
    call("not", turned, place)
}

/// `.on_postgres_changes("INSERT", schema="public", table="t")`.
fn changes(mut given: Arguments, place: Place) -> Call {
    let mut fields = Vec::new();
    for (at, name) in ["event", "callback", "table", "schema", "filter"]
        .iter()
        .enumerate()
    {
        if let Some(found) = given.take(at, name)
            && *name != "callback"
        {
            fields.push(Field {
                name: (*name).into(),
                place: found.place,
                value: found.value,
                is_optional: false,
            });
        }
    }
    let is_whole = !given.is_open;
    let settings = At {
        value: Value::Fields { fields, is_whole },
        place,
    };
    call("on", vec![text("postgres_changes", place), settings], place)
}

/// Whether a method begins a query upon a table or a function.
pub(super) fn is_verb(name: &str) -> bool {
    matches!(
        name,
        "select" | "insert" | "update" | "upsert" | "delete" | "rpc" | "on_postgres_changes"
    )
}

/// Whether a method leads from a client to something that a query is made of.
pub(super) fn is_step(name: &str) -> bool {
    matches!(name, "table" | "from_" | "schema" | "channel")
}
