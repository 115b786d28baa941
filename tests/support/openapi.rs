//! GitHub's description of its API, and whether a request keeps to it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use wiremock::Request;

const DESCRIPTION: &str = include_str!("../../fixtures/github/openapi.json");

pub(crate) struct Operation {
    segments: Vec<String>,
    query: Vec<String>,
    body: Option<Validator>,
}

/// What is wrong with a request; nothing when it keeps to the description.
pub(crate) fn problem_of(request: &Request) -> Option<String> {
    let method = request.method.to_string().to_lowercase();
    let path = request.url.path();
    let Some(operation) = find(&method, path) else {
        return Some(format!("{method} {path} is not in the description"));
    };
    for (name, _) in request.url.query_pairs() {
        if !operation.query.contains(&name.to_string()) {
            return Some(format!("{method} {path} takes no {name}"));
        }
    }
    match (&operation.body, request.body.is_empty()) {
        (None, true) => None,
        (None, false) => Some(format!("{method} {path} takes no body")),
        (Some(_), true) => Some(format!("{method} {path} has no body")),
        (Some(validator), false) => {
            let body: Value = serde_json::from_slice(&request.body).ok()?;
            let errors: Vec<String> = validator
                .iter_errors(&body)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect();
            (!errors.is_empty()).then(|| format!("{method} {path}: {}", errors.join("; ")))
        }
    }
}

fn find(method: &str, path: &str) -> Option<&'static Operation> {
    let segments: Vec<&str> = path.split('/').collect();
    let matches = |operation: &&Operation| {
        operation.segments.len() == segments.len()
            && operation
                .segments
                .iter()
                .zip(&segments)
                .all(|(expected, found)| expected.starts_with('{') || expected == found)
    };
    let operations = operations().get(method)?;
    operations.iter().filter(matches).min_by_key(|operation| {
        operation
            .segments
            .iter()
            .filter(|s| s.starts_with('{'))
            .count()
    })
}

fn operations() -> &'static BTreeMap<String, Vec<Operation>> {
    static OPERATIONS: OnceLock<BTreeMap<String, Vec<Operation>>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut operations: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let entry = operations.entry(method.clone()).or_default();
                entry.push(read(path, operation, &description));
            }
        }
        operations
    })
}

fn read(path: &str, operation: &Value, description: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().unwrap();
    let query = parameters
        .iter()
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(reference) => description.pointer(&reference[1..]).unwrap(),
            None => parameter,
        })
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect();
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    let body = schema.map(|schema| {
        let schema = json!({ "allOf": [schema], "components": description["components"] });
        jsonschema::validator_for(&schema).unwrap()
    });
    Operation {
        segments: path.split('/').map(str::to_owned).collect(),
        query,
        body,
    }
}
