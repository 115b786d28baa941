//! Facts as text for a person.

use serde_json::Value;

/// One line, or several for a text that has several: no JSON quotes around plain text.
pub fn display(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(display).collect();
            parts.join(", ")
        }
        Value::Object(facts) => {
            let parts: Vec<String> = facts
                .iter()
                .filter(|(_, value)| **value != Value::Bool(false))
                .map(|(name, value)| format!("{}: {}", name.replace('_', " "), display(value)))
                .collect();
            parts.join("\n")
        }
    }
}

/// Whether a value is better shown as a diff of lines than side by side.
pub fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\n'))
}
