//! Whether a literal can be a value of a type.

use crate::classes::shape::Kind;
use crate::usage::code::{At, Value};

/// How a value reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// As text in an address, such as of a filter.
    Url,
    /// In the body of a request.
    Json,
}

/// Why a value cannot be of a kind; `None` where it can, or nobody knows.
pub(super) fn mismatch(kind: &Kind, at: &At, from: From) -> Option<String> {
    match &at.value {
        Value::Unknown | Value::Mold(_) => None,
        Value::OneOf(values) => values
            .iter()
            .filter(|one| !matches!(one.value, Value::Null))
            .find_map(|one| mismatch(kind, one, from)),
        Value::Null => (from == From::Url).then(|| "null equals nothing, ask with `is`".to_owned()),
        Value::Text { text, .. } => of_text(kind, text, from),
        Value::Number(number) => of_number(kind, number),
        Value::Bool(_) => {
            let is_other = matches!(
                kind,
                Kind::Integer(..)
                    | Kind::Number
                    | Kind::Uuid
                    | Kind::Enum(_)
                    | Kind::Moment
                    | Kind::List(_)
            );
            is_other.then(|| "true and false are none".to_owned())
        }
        Value::List { items, .. } => of_list(kind, items, from),
        Value::Fields { .. } => {
            let is_other = matches!(
                kind,
                Kind::Integer(..)
                    | Kind::Number
                    | Kind::Boolean
                    | Kind::Uuid
                    | Kind::Enum(_)
                    | Kind::Moment
            );
            (is_other && from == From::Json).then(|| "an object is none".to_owned())
        }
    }
}

fn of_list(kind: &Kind, items: &[At], from: From) -> Option<String> {
    if from == From::Url {
        return None;
    }
    match kind {
        Kind::List(element) => items.iter().find_map(|item| mismatch(element, item, from)),
        Kind::Integer(..)
        | Kind::Number
        | Kind::Boolean
        | Kind::Uuid
        | Kind::Enum(_)
        | Kind::Moment => Some("a list is none".to_owned()),
        Kind::Text(_) | Kind::Json | Kind::Other => None,
    }
}

fn of_text(kind: &Kind, text: &str, from: From) -> Option<String> {
    let trimmed = text.trim();
    let is_one = match kind {
        Kind::Integer(least, most) => match trimmed.parse::<i128>() {
            Ok(number) => i128::from(*least) <= number && number <= i128::from(*most),
            // From 16 on other bases and underscores are numbers as well.
            Err(_) => {
                trimmed.starts_with("0x")
                    || trimmed.contains('_') && trimmed.starts_with(|c: char| c.is_ascii_digit())
            }
        },
        Kind::Number => trimmed.parse::<f64>().is_ok(),
        Kind::Boolean => is_boolean(trimmed),
        Kind::Uuid => is_uuid(trimmed),
        Kind::Enum(values) => values.iter().any(|value| value == text),
        Kind::Text(Some(most)) => {
            from == From::Url || text.trim_end_matches(' ').chars().count() <= *most as usize
        }
        Kind::List(_) => from == From::Url || trimmed.starts_with(['{', '[']),
        Kind::Moment => is_moment(trimmed),
        Kind::Text(None) | Kind::Json | Kind::Other => true,
    };
    (!is_one).then(|| match kind {
        Kind::Enum(values) => format!("\"{text}\" is none of {}", values.join(", ")),
        Kind::Text(Some(most)) => format!("\"{text}\" has more than {most} characters"),
        _ => format!("\"{text}\" is none"),
    })
}

fn of_number(kind: &Kind, number: &str) -> Option<String> {
    let is_one = match kind {
        Kind::Integer(least, most) => match number.replace('_', "").parse::<i128>() {
            Ok(number) => i128::from(*least) <= number && number <= i128::from(*most),
            // `1e3` and `0x10` are whole, `1.5` is not.
            Err(_) => {
                !number.contains('.') || number.contains(['e', 'E']) || number.ends_with(".0")
            }
        },
        Kind::Boolean => matches!(number, "0" | "1"),
        Kind::Uuid | Kind::List(_) => false,
        Kind::Enum(values) => values.iter().any(|value| value == number),
        Kind::Number | Kind::Text(_) | Kind::Moment | Kind::Json | Kind::Other => true,
    };
    (!is_one).then(|| format!("{number} is none"))
}

/// Prefixes of words count (`parse_bool_with_len` in Postgres' `bool.c`).
fn is_boolean(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_prefix = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    ["true", "false", "yes", "no"].into_iter().any(is_prefix)
        || matches!(lower.as_str(), "on" | "of" | "off" | "0" | "1")
}

/// Without a digit only some words are a time (Postgres documentation, "Date/Time Types").
fn is_moment(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.is_empty()
        || lower.contains(|c: char| c.is_ascii_digit())
        || [
            "now",
            "today",
            "tomorrow",
            "yesterday",
            "epoch",
            "infinity",
            "allballs",
        ]
        .iter()
        .any(|word| lower.contains(word))
}

fn is_uuid(text: &str) -> bool {
    let bare: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | '{' | '}'))
        .collect();
    bare.len() == 32 && bare.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::code::Place;

    fn at(value: Value) -> At {
        At {
            value,
            place: Place { line: 1, column: 1 },
        }
    }

    fn text(text: &str) -> At {
        at(Value::Text {
            text: text.into(),
            is_verbatim: true,
        })
    }

    #[test]
    fn texts_are_held_to_what_postgres_reads() {
        let enumerated = Kind::Enum(vec!["a".to_owned(), "b".to_owned()]);
        for (kind, good, bad) in [
            (&Kind::Integer(0, 10), "7", "seven"),
            (&Kind::Integer(0, 10), " 7 ", "11"),
            (&Kind::Number, "1e3", "x"),
            (&Kind::Boolean, "t", "maybe"),
            (&Kind::Uuid, "6f1c9a34-0d2f-4f1e-9b51-1c6f2a7d9e01", "6f1c"),
            (&enumerated, "a", "A"),
        ] {
            assert_eq!(mismatch(kind, &text(good), From::Json), None, "{good}");
            assert!(mismatch(kind, &text(bad), From::Json).is_some(), "{bad}");
        }
    }

    #[test]
    fn what_can_be_cast_is_no_mismatch() {
        let one = at(Value::Number("1".into()));
        assert_eq!(mismatch(&Kind::Text(None), &one, From::Json), None);
        assert_eq!(mismatch(&Kind::Boolean, &one, From::Json), None);
        assert!(mismatch(&Kind::Uuid, &one, From::Json).is_some());
        let half = at(Value::Number("1.5".into()));
        assert!(mismatch(&Kind::Integer(0, 9), &half, From::Json).is_some());
        let list = at(Value::List {
            items: vec![text("x")],
            is_whole: true,
        });
        assert_eq!(mismatch(&Kind::Json, &list, From::Json), None);
        let numbers = Kind::List(Box::new(Kind::Integer(0, 9)));
        assert!(mismatch(&numbers, &list, From::Json).is_some());
        assert_eq!(mismatch(&Kind::Uuid, &at(Value::Unknown), From::Json), None);
    }
}
