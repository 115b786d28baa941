//! What PostgREST's description says: definitions are relations, paths below `/rpc/` are functions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::classes::shape::{
    ALLOWED_VALUES, Named, Served, ServedArgument, ServedColumn, ServedRoutine,
};

/// Adds what the description of a schema tells.
pub(super) fn add(served: &mut Served, schema: &str, description: &Value) {
    served.schemas.insert(schema.to_owned());
    for (name, definition) in entries(description.get("definitions")) {
        let required = required(definition);
        let columns = entries(definition.get("properties"))
            .map(|(name, told)| (name.clone(), column(told, required.contains(name.as_str()))));
        served
            .relations
            .insert(Named::new(schema, name), columns.collect());
    }
    for (path, methods) in entries(description.get("paths")) {
        if let Some(name) = path.strip_prefix("/rpc/") {
            served
                .routines
                .insert(Named::new(schema, name), routine(methods));
        }
    }
}

/// The schemas that are served, from the refusal of one that is not: listed in the message by some versions, in the
/// hint by others.
pub(super) fn schemas(refusal: &Value) -> Vec<String> {
    let texts = ["hint", "message"].map(|name| refusal.get(name).and_then(Value::as_str));
    let list = texts.into_iter().flatten().find_map(|text| {
        let text = text.to_lowercase().contains("following").then_some(text)?;
        text.rsplit_once(": ").map(|(_, list)| list)
    });
    let names = list.unwrap_or_default().split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn column(told: &Value, is_required: bool) -> ServedColumn {
    let text = |name: &str| told.get(name).and_then(Value::as_str);
    let remarks = remarks(text("description").unwrap_or_default());
    let values = told.get(ALLOWED_VALUES).and_then(Value::as_array);
    let values = values.map(|values| values.iter().filter_map(Value::as_str));
    ServedColumn {
        type_name: format(told),
        length: told.get("maxLength").and_then(Value::as_u64),
        json_type: text("type").map(str::to_owned),
        values: values.map(|values| values.map(str::to_owned).collect()),
        is_required,
        default: told.get("default").cloned(),
        is_key: remarks.contains("<pk/>"),
        refers_to: refers_to(remarks),
    }
}

/// What PostgREST adds to the comment of a column: below its last `Note:`.
fn remarks(description: &str) -> &str {
    let at = match description.starts_with("Note:\n") {
        true => description.rfind("\n\nNote:\n").or(Some(0)),
        false => description.rfind("\n\nNote:\n"),
    };
    at.map_or("", |at| &description[at..])
}

fn refers_to(remarks: &str) -> Option<(String, String)> {
    let (_, told) = remarks.rsplit_once("<fk table='")?;
    let (table, rest) = told.rsplit_once("' column='")?;
    let (column, _) = rest.rsplit_once("'/>")?;
    Some((table.to_owned(), column.to_owned()))
}

/// The arguments of a function are those of the body that it is posted; one that may be asked with GET changes nothing.
fn routine(methods: &Value) -> ServedRoutine {
    let parameters = methods
        .pointer("/post/parameters")
        .and_then(Value::as_array);
    let mut bodies = parameters.into_iter().flatten();
    let body = bodies.find(|parameter| parameter.get("in").is_some_and(|place| place == "body"));
    let schema = body.and_then(|body| body.get("schema"));
    let required = schema.map(required).unwrap_or_default();
    let arguments = entries(schema.and_then(|schema| schema.get("properties")));
    ServedRoutine {
        arguments: arguments
            .map(|(name, told)| {
                let told = ServedArgument {
                    type_name: format(told),
                    is_required: required.contains(name.as_str()),
                };
                (name.clone(), told)
            })
            .collect(),
        is_readable: methods.get("get").is_some(),
    }
}

/// The names that a definition requires.
fn required(definition: &Value) -> BTreeSet<&str> {
    let list = definition.get("required").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn format(told: &Value) -> Option<String> {
    told.get("format")
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_listed_by_the_refusal_of_each_version() {
        let old =
            json!({ "message": "The schema must be one of the following: public, graphql_public" });
        let new = json!({ "message": "Invalid schema: x", "hint": "Only the following schemas are exposed: public, api" });
        assert_eq!(schemas(&old), ["public", "graphql_public"]);
        assert_eq!(schemas(&new), ["public", "api"]);
        assert!(schemas(&json!({ "message": "no" })).is_empty());
    }
    #[test]
    fn remarks_are_told_apart_from_the_comment_they_follow() {
        let told = |text: &str| column(&json!({ "description": text }), false);
        let key = told("Note:\nThis is a Primary Key.<pk/>");
        assert!(key.is_key && key.refers_to.is_none());
        let both = told(
            "its own\n\nNote:\nThis is a Primary Key.<pk/>\nThis is a Foreign Key to `a.id`.<fk table='a' column='id'/>",
        );
        assert!(both.is_key);
        assert_eq!(both.refers_to, Some(("a".to_owned(), "id".to_owned())));
        let comment = told("a comment that says <pk/>");
        assert!(!comment.is_key);
    }
}
