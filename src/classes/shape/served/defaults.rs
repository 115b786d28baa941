//! Defaults, of which the description tells constants and what is set in quotes.
//!
//! PostgREST takes the printed expression for a text when the column's values are texts in JSON, without its last cast and
//! its quotes, and for JSON when not; what is no JSON then is left out (`parseDefault` in its Response/OpenAPI.hs).

use serde_json::Value;

use super::{Implying, ServedColumn, plain};
use crate::classes::default;
use crate::classes::shape::Column;
use crate::contract::{ClassName, Gap, ObjectId};

/// Types whose constants are printed as the session says: by its time zone, its style, its locale.
const AS_THE_SESSION_SAYS: &[&str] = &["timestamp", "time", "date", "interval", "bytea", "money"];

/// What comes of holding a default against what is told of it.
#[derive(Debug, PartialEq)]
enum Outcome {
    Same,
    /// The expected one would not be told either.
    Untold,
    /// There is another.
    Other(String),
    /// There is none.
    Gone,
}

impl Implying<'_> {
    pub(super) fn default(&mut self, column_id: &ObjectId, column: &Column, told: &ServedColumn) {
        let id = ObjectId::new(ClassName::new(default::CLASS.name), column_id.path.clone());
        let object = self.contract.objects.get(&id);
        let expected = object.and_then(|object| object.text("expression"));
        // Identities, generated columns and domains have a value of their own, which is told by some versions.
        if expected.is_none() && column.has_default {
            if let Some(column) = self.contract.objects.get(column_id) {
                let is_identity = column.facts.contains_key("identity");
                if is_identity && told.default.is_none() {
                    return;
                }
            }
            self.untold_defaults.push(id);
            return;
        }
        match outcome(expected, &column.type_name, told) {
            Outcome::Same => {}
            Outcome::Untold => self.untold_defaults.push(id),
            Outcome::Gone => self.remove(&id),
            Outcome::Other(other) => {
                if expected.is_none() {
                    let schema = self.schema_of(column_id);
                    self.add(id.clone(), Some(column_id.clone()), &schema);
                }
                self.change(&id, "expression", other.into());
            }
        }
    }

    fn schema_of(&self, id: &ObjectId) -> String {
        let object = self.contract.objects.get(id);
        let schema = object.and_then(|object| object.schema.as_deref());
        schema.unwrap_or_default().to_owned()
    }

    /// Lists the columns whose default was not compared.
    pub(super) fn say_untold_defaults(&mut self) {
        for id in std::mem::take(&mut self.untold_defaults) {
            self.gaps.insert(Gap {
                what: id.to_string(),
                why: "the REST endpoint tells constants and texts alone".to_owned(),
            });
        }
    }
}

fn outcome(expected: Option<&str>, type_name: &str, told: &ServedColumn) -> Outcome {
    match (expected, &told.default) {
        (None, None) => Outcome::Same,
        (None, Some(told)) => Outcome::Other(shown(told)),
        (Some(expected), told_default) if told.json_type.as_deref() == Some("string") => {
            as_text(expected, type_name, told, told_default.as_ref())
        }
        (Some(expected), told) => {
            let expected: Option<Value> = serde_json::from_str(expected).ok();
            match (expected, told) {
                (None, None) => Outcome::Untold,
                (Some(_), None) => Outcome::Gone,
                (Some(expected), Some(told)) if is_same_value(&expected, told) => Outcome::Same,
                (_, Some(told)) => Outcome::Other(shown(told)),
            }
        }
    }
}

fn as_text(
    expected: &str,
    type_name: &str,
    served: &ServedColumn,
    told: Option<&Value>,
) -> Outcome {
    let format = served.type_name.as_deref().unwrap_or(type_name);
    let candidates: Vec<String> = [format, type_name, plain(type_name).as_str()]
        .iter()
        .filter_map(|cast| expected.strip_suffix(&format!("::{cast}")))
        .map(|bare| bare.trim_matches('\'').to_owned())
        .chain([expected.to_owned()])
        .collect();
    let Some(told) = told else {
        // A quote, a backslash or a line's end makes of it no JSON.
        let breaks = |text: &String| text.contains(['"', '\\']) || text.contains(char::is_control);
        return match candidates.iter().any(breaks) {
            true => Outcome::Untold,
            false => Outcome::Gone,
        };
    };
    let text = shown(told);
    let bare = |text: &str| unqualified(constant(text).unwrap_or(text));
    if candidates.iter().any(|one| bare(one) == bare(&text)) {
        return Outcome::Same;
    }
    let depends = AS_THE_SESSION_SAYS
        .iter()
        .any(|one| type_name.starts_with(one));
    match depends && constant(expected).is_some() && !text.contains('(') {
        true => Outcome::Untold,
        false => Outcome::Other(text),
    }
}

/// What is inside of the quotes of a constant with its casts.
fn constant(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('\'')?;
    let mut rest = inside;
    let mut length = 0;
    loop {
        let at = rest.find('\'')?;
        if rest[at + 1..].starts_with('\'') {
            length += at + 2;
            rest = &rest[at + 2..];
            continue;
        }
        let after = &rest[at + 1..];
        let is_cast = after.is_empty() || after.starts_with("::") && !after.contains('\'');
        return is_cast.then(|| inside[..length + at].trim_matches('\''));
    }
}

/// A text without the schemas of names, which are printed as the session's search path says.
fn unqualified(text: &str) -> String {
    let mut kept = String::new();
    let mut name = 0;
    let mut in_quotes = false;
    for c in text.chars() {
        in_quotes ^= c == '"';
        let is_of_name = in_quotes || c == '"' || c.is_alphanumeric() || c == '_' || c == '$';
        let is_qualifier = c == '.'
            && kept[name..]
                .chars()
                .next()
                .is_some_and(|first| !first.is_ascii_digit());
        if is_qualifier && !in_quotes {
            kept.truncate(name);
            continue;
        }
        kept.push(c);
        if !is_of_name {
            name = kept.len();
        }
    }
    kept
}

fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

fn shown(told: &Value) -> String {
    told.as_str()
        .map_or_else(|| told.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(
        expected: Option<&str>,
        type_name: &str,
        json_type: Option<&str>,
        told: Value,
    ) -> Outcome {
        let told = ServedColumn {
            type_name: Some(plain(type_name)),
            json_type: json_type.map(str::to_owned),
            default: (!told.is_null()).then_some(told),
            ..ServedColumn::default()
        };
        outcome(expected, type_name, &told)
    }

    #[test]
    fn what_is_told_is_held_against_what_would_be() {
        let string = Some("string");
        for (expected, type_name, json_type, told) in [
            ("'open'::text", "text", string, json!("open")),
            ("'it''s'::text", "text", string, json!("it''s")),
            ("''::text", "text", string, json!("")),
            ("'x'::bpchar", "character(1)", string, json!("'x'::bpchar")),
            (
                "'open'::public.state",
                "public.state",
                string,
                json!("open"),
            ),
            (
                "'open'::public.state",
                "public.state",
                string,
                json!("'open'::state"),
            ),
            (
                "'open'::state",
                "public.state",
                string,
                json!("'open'::public.state"),
            ),
            (
                "extensions.uuid_generate_v4()",
                "uuid",
                string,
                json!("uuid_generate_v4()"),
            ),
            ("now()", "timestamp with time zone", string, json!("now()")),
            ("(now())::text", "text", string, json!("(now())")),
            ("'1.5'::text", "text", string, json!("1.5")),
            ("0", "integer", Some("integer"), json!(0)),
            ("0.50", "numeric(10,2)", Some("number"), json!(0.5)),
            ("false", "boolean", Some("boolean"), json!(false)),
        ] {
            let outcome = held(Some(expected), type_name, json_type, told.clone());
            assert_eq!(outcome, Outcome::Same, "{expected} {told}");
        }
    }

    #[test]
    fn another_default_one_more_and_none_are_told_apart() {
        let string = Some("string");
        let other = |text: &str| Outcome::Other(text.to_owned());
        let of = |expected, type_name, json_type, told| held(expected, type_name, json_type, told);
        assert_eq!(
            of(Some("'open'::text"), "text", string, json!("shut")),
            other("shut")
        );
        assert_eq!(
            of(Some("'open'::text"), "text", string, Value::Null),
            Outcome::Gone
        );
        assert_eq!(of(None, "text", string, json!("shut")), other("shut"));
        assert_eq!(
            of(Some("1"), "integer", Some("integer"), json!(2)),
            other("2")
        );
        assert_eq!(
            of(Some("true"), "boolean", Some("boolean"), Value::Null),
            Outcome::Gone
        );
        assert_eq!(
            of(Some("f(1)"), "integer", Some("integer"), json!(1)),
            other("1")
        );
        assert_eq!(
            of(Some("api.f()"), "uuid", string, json!("g()")),
            other("g()")
        );
    }

    #[test]
    fn what_cannot_be_told_is_no_difference() {
        let string = Some("string");
        for (expected, type_name, json_type, told) in [
            ("'{}'::jsonb", "jsonb", None, Value::Null),
            (
                "nextval('a'::regclass)",
                "bigint",
                Some("integer"),
                Value::Null,
            ),
            ("'say \"x\"'::text", "text", string, Value::Null),
            (
                "'2020-01-01 00:00:00+00'::timestamp with time zone",
                "timestamp with time zone",
                string,
                json!("2020-01-01 01:00:00+01"),
            ),
        ] {
            let outcome = held(Some(expected), type_name, json_type, told.clone());
            assert_eq!(outcome, Outcome::Untold, "{expected} {told}");
        }
    }
}
