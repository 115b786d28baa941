//! Methods of the Dart, Swift and Kotlin clients in the spelling and argument order of supabase-js.

use super::lexer::Language;
use super::value::{Argument, Values, plain};
use crate::usage::code::{At, Call, Field, Place, Value};

/// A method: its names in the languages, that of supabase-js, and how many arguments are its own there.
struct Method(&'static [&'static str], &'static str, usize);

const METHODS: &[Method] = &[
    Method(&["select"], "select", 1),
    Method(&["insert"], "insert", 1),
    Method(&["update"], "update", 1),
    Method(&["upsert"], "upsert", 1),
    Method(&["delete"], "delete", 0),
    Method(&["eq"], "eq", 2),
    Method(&["neq"], "neq", 2),
    Method(&["gt"], "gt", 2),
    Method(&["gte"], "gte", 2),
    Method(&["lt"], "lt", 2),
    Method(&["lte"], "lte", 2),
    Method(&["like"], "like", 2),
    Method(&["ilike", "iLike"], "ilike", 2),
    Method(&["likeAllOf"], "likeAllOf", 2),
    Method(&["likeAnyOf"], "likeAnyOf", 2),
    Method(&["ilikeAllOf", "iLikeAllOf"], "ilikeAllOf", 2),
    Method(&["ilikeAnyOf", "iLikeAnyOf"], "ilikeAnyOf", 2),
    Method(&["isFilter", "is", "is_", "exact", "isExact"], "is", 2),
    Method(&["inFilter", "in", "in_", "isIn"], "in", 2),
    Method(&["contains"], "contains", 2),
    Method(&["containedBy", "contained"], "containedBy", 2),
    Method(&["overlaps", "overlap"], "overlaps", 2),
    Method(&["rangeLt"], "rangeLt", 2),
    Method(&["rangeGt"], "rangeGt", 2),
    Method(&["rangeLte"], "rangeLte", 2),
    Method(&["rangeGte"], "rangeGte", 2),
    Method(&["rangeAdjacent", "adjacent"], "rangeAdjacent", 2),
    Method(&["textSearch"], "textSearch", 2),
    Method(&["not", "filterNot"], "not", 3),
    Method(&["filter"], "filter", 3),
    Method(&["or"], "or", 1),
    Method(&["match"], "match", 1),
    Method(&["order"], "order", 1),
    Method(&["limit"], "limit", 1),
    Method(&["range"], "range", 2),
    Method(&["single"], "single", 0),
    Method(&["maybeSingle", "singleOrNull"], "maybeSingle", 0),
    Method(&["csv"], "csv", 0),
    Method(&["rpc"], "rpc", 2),
];

/// The arguments of supabase-js as the languages name them, in its order; a name that is not here is an option.
const OWN: &[&[&str]] = &[
    &[
        "column", "columns", "fn", "function", "values", "value0", "query0",
    ],
    &["operator", "params", "parameters"],
    &["value", "values", "pattern", "query", "patterns"],
];

/// Methods that bring no call of their own and do not end the chain either.
const SILENT: &[&str] = &[
    "execute",
    "count",
    "head",
    "setHeader",
    "select_",
    "retry",
    "maxAffected",
    "throwOnError",
    "geojson",
    "explain",
    "withConverter",
    "asStream",
    "subscribe",
    "decodeList",
    "decodeSingle",
    "decodeAs",
];

pub(super) fn is_silent(name: &str) -> bool {
    SILENT.contains(&name)
}

pub(super) fn is_known(name: &str) -> bool {
    METHODS.iter().any(|method| method.0.contains(&name))
}

/// Whether a method makes a query out of a table.
pub(super) fn is_verb(name: &str) -> bool {
    matches!(
        name,
        "select" | "insert" | "update" | "upsert" | "delete" | "stream"
    )
}

pub(super) fn call(method: &str, arguments: Vec<At>, place: Place) -> Call {
    Call {
        method: method.into(),
        arguments,
        place,
        is_told: false,
    }
}

/// A call of the client as supabase-js has it; none for a method that is not known.
pub(super) fn translated(
    values: Values<'_>,
    language: Language,
    name: &str,
    given: &[Argument],
    place: Place,
) -> Option<Call> {
    if name == "stream" {
        return Some(stream(values, given, place));
    }
    let Method(_, there, own) = METHODS.iter().find(|method| method.0.contains(&name))?;
    let (mut arguments, mut options) = apart(values, there, *own, given);
    let says_direction = options.iter().any(|field| &*field.name == "ascending");
    if *there == "order" && language == Language::Dart && !says_direction {
        // Dart sorts downwards unless told otherwise.
        options.push(Field {
            name: "ascending".into(),
            place,
            value: Value::Bool(false),
            is_optional: false,
        });
    }
    let is_select = *there == "select";
    options.retain(|field| !is_select || &*field.name != "request");
    if !options.is_empty() {
        let left_out = if is_select {
            plain("*")
        } else {
            Value::Unknown
        };
        let left_out = At {
            value: left_out,
            place,
        };
        arguments.resize(arguments.len().max(*own), left_out);
        arguments.push(At {
            place: options[0].place,
            value: Value::Fields {
                fields: options,
                is_whole: true,
            },
        });
    }
    Some(call(there, arguments, place))
}

/// Arguments of a method by their place, and all others by their names.
fn apart(
    values: Values<'_>,
    method: &str,
    own: usize,
    given: &[Argument],
) -> (Vec<At>, Vec<Field>) {
    let mut arguments: Vec<At> = Vec::new();
    let mut options: Vec<Field> = Vec::new();
    for argument in given {
        // `rpc("f", params: …)`, `eq("a", value: 1)`; what a write returns is no argument of it.
        let is_own = argument.label.as_deref().is_none_or(|label| {
            OWN.iter().any(|names| names.contains(&label))
                || matches!((method, label), ("range", "from" | "to"))
        });
        if is_own && arguments.len() < own {
            arguments.push(operand(values, argument));
        } else if let Some(label) = &argument.label {
            options.push(Field {
                name: option(label).into(),
                place: values.place(argument.range.start),
                value: values.value(argument.range.clone()),
                is_optional: false,
            });
        }
    }
    (arguments, options)
}

/// An argument; operators are names in Swift and Kotlin: `.eq`, `FilterOperator.EQ`.
fn operand(values: Values<'_>, argument: &Argument) -> At {
    let at = values.at(argument.range.clone());
    let tokens = values.tokens();
    let last = argument.range.end.saturating_sub(1);
    let is_operator = argument.label.as_deref() == Some("operator")
        || (at.value == Value::Unknown
            && argument.range.len() == 3
            && tokens.is_word(argument.range.start, "FilterOperator"));
    match tokens.word(last) {
        Some(word) if is_operator && at.value == Value::Unknown => At {
            value: plain(word.to_lowercase()),
            ..at
        },
        _ => at,
    }
}

fn option(label: &str) -> &str {
    match label {
        "foreignTable" => "referencedTable",
        label => label,
    }
}

/// `stream(primaryKey: ['id'])` reads all columns and tells rows apart by some.
fn stream(values: Values<'_>, given: &[Argument], place: Place) -> Call {
    let key = given
        .iter()
        .find(|argument| argument.label.as_deref() == Some("primaryKey"));
    let columns = key.map(|key| values.value(key.range.clone()));
    let text = match columns {
        Some(Value::List {
            items,
            is_whole: true,
        }) => {
            let names = items.iter().map(|item| match &item.value {
                Value::Text { text, .. } => Some(text.to_string()),
                _ => None,
            });
            names
                .collect::<Option<Vec<String>>>()
                .map(|names| names.join(","))
        }
        _ => None,
    };
    let columns = plain(text.unwrap_or_else(|| "*".to_owned()));
    call(
        "select",
        vec![At {
            value: columns,
            place,
        }],
        place,
    )
}

/// A subscription to changes of a table, from its named arguments.
pub(super) fn changes(
    values: Values<'_>,
    given: &[Argument],
    more: &[Argument],
    place: Place,
) -> Call {
    let mut fields = Vec::new();
    for argument in given.iter().chain(more) {
        let Some(label) = argument.label.as_deref() else {
            continue;
        };
        if !matches!(label, "schema" | "table" | "filter") {
            continue;
        }
        let value = match values.value(argument.range.clone()) {
            Value::Unknown if label == "filter" => filter_of(values, argument),
            value => value,
        };
        fields.push(Field {
            name: label.into(),
            place: values.place(argument.range.start),
            value,
            is_optional: false,
        });
    }
    let settings = At {
        value: Value::Fields {
            fields,
            is_whole: true,
        },
        place,
    };
    let kind = At {
        value: plain("postgres_changes"),
        place,
    };
    call("on", vec![kind, settings], place)
}

/// `PostgresChangeFilter(type: PostgresChangeFilterType.eq, column: 'a', value: 'x')` as `a=eq.x`.
fn filter_of(values: Values<'_>, argument: &Argument) -> Value {
    let tokens = values.tokens();
    let Some(inner) = tokens.inside(argument.range.start + 1) else {
        return Value::Unknown;
    };
    let parts = values.arguments(inner);
    let of = |label: &str| {
        parts
            .iter()
            .find(|part| part.label.as_deref() == Some(label))
    };
    let kind = of("type").and_then(|part| tokens.word(part.range.end - 1));
    let column = of("column").map(|part| values.value(part.range.clone()));
    let value = of("value").map(|part| values.value(part.range.clone()));
    match (kind, column, value) {
        (
            Some(kind),
            Some(Value::Text { text: column, .. }),
            Some(Value::Text { text: value, .. }),
        ) => plain(format!("{column}={kind}.{value}")),
        _ => Value::Unknown,
    }
}
