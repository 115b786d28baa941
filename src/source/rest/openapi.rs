//! What PostgREST's description says: definitions are relations, paths below `/rpc/` are functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::classes::shape::{Named, Served, ServedColumn};

/// Adds what the description of a schema tells.
pub(super) fn add(served: &mut Served, schema: &str, description: &Value) {
    served.schemas.insert(schema.to_owned());
    for (name, definition) in entries(description.get("definitions")) {
        let required: BTreeSet<&str> = definition
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let columns = entries(definition.get("properties")).map(|(column, told)| {
            let told = ServedColumn {
                type_name: format(told),
                is_required: required.contains(column.as_str()),
                has_default: told.get("default").is_some(),
            };
            (column.clone(), told)
        });
        served
            .relations
            .insert(Named::new(schema, name), columns.collect());
    }
    for (path, methods) in entries(description.get("paths")) {
        if let Some(name) = path.strip_prefix("/rpc/") {
            served
                .routines
                .insert(Named::new(schema, name), arguments(methods));
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

/// The arguments of a function, from the body that it is posted.
fn arguments(methods: &Value) -> BTreeMap<String, Option<String>> {
    let parameters = methods
        .pointer("/post/parameters")
        .and_then(Value::as_array);
    let mut bodies = parameters.into_iter().flatten();
    let body = bodies.find(|parameter| parameter.get("in").is_some_and(|place| place == "body"));
    let properties = body.and_then(|body| body.pointer("/schema/properties"));
    entries(properties)
        .map(|(name, told)| (name.clone(), format(told)))
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
}
