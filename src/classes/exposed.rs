//! What a contract lets requests reach: relations, and functions with who may call them.

use std::collections::BTreeMap;

use super::rules::texts;
use super::{constraint, function, grant, policy, table, view};
use crate::contract::{Contract, Location, Object, ObjectId};
use crate::sql;

/// A table or view that requests can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedRelation {
    /// Which one.
    pub id: ObjectId,
    /// Its schema.
    pub schema: String,
    /// Whether a row of it belongs to a user: a foreign key of it refers to the users of Supabase.
    pub is_of_users: bool,
    /// Where it was made.
    pub location: Option<Location>,
}

/// A function that requests can call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedFunction {
    /// Which one, with the types of its arguments.
    pub id: ObjectId,
    /// Its schema.
    pub schema: String,
    /// Names, types and defaults of arguments, as printed.
    pub arguments: String,
    /// What it returns, as printed.
    pub returns: String,
    /// Whether it may write.
    pub is_volatile: bool,
    /// Who may execute it besides its owner; `None` is everybody.
    pub executors: Vec<Option<String>>,
    /// Where it was made.
    pub location: Option<Location>,
}

/// The tables and views of a contract, by id.
pub fn exposed_relations(contract: &Contract) -> Vec<ExposedRelation> {
    let of_users: Vec<&ObjectId> = contract
        .objects
        .values()
        .filter(|object| is_of(object, constraint::CLASS.name) && refers_to_users(object))
        .filter_map(|object| object.parent.as_ref())
        .collect();
    let objects = contract.objects.values();
    let relations = objects
        .filter(|object| is_of(object, table::CLASS.name) || is_of(object, view::CLASS.name));
    relations
        .filter_map(|object| {
            Some(ExposedRelation {
                id: object.id.clone(),
                schema: object.schema.as_deref()?.to_owned(),
                is_of_users: of_users.contains(&&object.id),
                location: object.location.clone(),
            })
        })
        .collect()
}

/// The functions of a contract, by id.
pub fn exposed_functions(contract: &Contract) -> Vec<ExposedFunction> {
    let objects = contract.objects.values();
    let functions = objects.filter(|object| is_of(object, function::CLASS.name));
    functions
        .filter_map(|object| {
            let text = |fact: &str| object.text(fact).unwrap_or_default().to_owned();
            Some(ExposedFunction {
                id: object.id.clone(),
                schema: object.schema.as_deref()?.to_owned(),
                arguments: text("arguments"),
                returns: text("returns"),
                is_volatile: text("volatility") == "volatile",
                executors: executors(contract, &object.id),
                location: object.location.clone(),
            })
        })
        .collect()
}

/// The policies of a contract by path, with the roles that they are for.
pub fn policy_roles(contract: &Contract) -> BTreeMap<String, Vec<String>> {
    let objects = contract.objects.values();
    let policies = objects.filter(|object| is_of(object, policy::CLASS.name));
    policies
        .map(|object| {
            let roles = texts(object, "roles").into_iter();
            (
                object.id.path.to_string(),
                roles.map(str::to_owned).collect(),
            )
        })
        .collect()
}

fn is_of(object: &Object, class: &str) -> bool {
    object.id.class.as_str() == class
}

fn refers_to_users(object: &Object) -> bool {
    object.text("references") == Some("auth.users")
}

fn executors(contract: &Contract, function: &ObjectId) -> Vec<Option<String>> {
    let grants = contract
        .objects
        .values()
        .filter(|object| {
            is_of(object, grant::CLASS.name) && object.parent.as_ref() == Some(function)
        })
        .filter(|object| {
            texts(object, "privileges")
                .iter()
                .any(|one| one.starts_with("EXECUTE"))
        });
    grants
        .filter_map(|object| match grant::grantee(&object.id.path) {
            "PUBLIC" => Some(None),
            "(owner)" => None,
            role => Some(sql::parts(role).pop()),
        })
        .collect()
}
