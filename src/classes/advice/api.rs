//! What requests can name: the schemas that an API serves, and the roles that requests run as.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{database_setting, grant, role, role_membership, role_setting};
use crate::classes::rules::split_outside_quotes;
use crate::contract::{Contract, Gap, Object};
use crate::sql;

/// What a configuration says of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Schemas that it serves; none where the configuration does not say.
    pub schemas: Vec<String>,
    /// Roles that requests run as, a visitor's first; none likewise.
    pub roles: Vec<String>,
}

/// What requests can name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Api {
    /// The schemas that it serves.
    pub schemas: BTreeSet<String>,
    /// Whether nothing said which these are.
    pub is_assumed: bool,
    /// The roles that requests run as and that the contract knows, the least trusted first.
    pub roles: Vec<String>,
    /// The role of whoever did not sign in.
    pub visitor: String,
    /// The roles whose rights each of them has, itself included.
    groups: BTreeMap<String, BTreeSet<String>>,
}

/// Where PostgREST looks for what it serves.
const SETTING: &str = "pgrst.db_schemas";

/// Supabase's roles of requests, the least trusted first.
const USUAL_ROLES: [&str; 2] = ["anon", "authenticated"];

/// What is served where nothing says what (Supabase documentation, "Data API").
const USUAL_SCHEMAS: [&str; 2] = ["public", "graphql_public"];

impl Api {
    /// As a configuration says, else as the contract, else as a platform usually has it. `declared` is what the
    /// project's files say of schemas.
    pub fn of(contract: &Contract, wish: &Wish, declared: Option<&[String]>) -> Self {
        let listed = match wish.schemas.is_empty() {
            false => Some(wish.schemas.clone()),
            true => setting(contract).or_else(|| declared.map(<[String]>::to_vec)),
        };
        let is_assumed = listed.is_none();
        let listed = listed.unwrap_or_else(|| USUAL_SCHEMAS.map(str::to_owned).to_vec());
        let named = match wish.roles.is_empty() {
            true => USUAL_ROLES.map(str::to_owned).to_vec(),
            false => wish.roles.clone(),
        };
        let visitor = named.first().cloned().unwrap_or_default();
        let mut roles = named;
        roles.retain(|name| is_known(contract, name));
        let memberships = memberships(contract);
        let groups = roles
            .iter()
            .map(|name| (name.clone(), groups_of(name, &memberships)));
        Self {
            groups: groups.collect(),
            schemas: listed.into_iter().collect(),
            is_assumed,
            roles,
            visitor,
        }
    }

    /// Whether a role has what is granted to another, or to everybody.
    pub(super) fn has_rights_of(&self, role: &str, grantee: &str) -> bool {
        grantee == "PUBLIC"
            || self
                .groups
                .get(role)
                .is_some_and(|groups| groups.contains(&sql::parts(grantee).concat()))
    }

    /// That the schemas were taken as usual.
    pub(super) fn gap(&self) -> Option<Gap> {
        (self.is_assumed && !self.roles.is_empty()).then(|| Gap {
            what: "whether the API serves other schemas than public".to_owned(),
            why: format!(
                "nothing says which it serves: neither {SETTING} of authenticator or of the database, nor `[api] schemas` in supabase/config.toml, nor `api_schemas` under [lint]"
            ),
        })
    }
}

/// What the settings of the role that PostgREST connects as, of all roles or of the database say.
fn setting(contract: &Contract) -> Option<Vec<String>> {
    let is_one = |object: &&Object| {
        let class = object.id.class.as_str();
        let is_setting = class == role_setting::CLASS.name || class == database_setting::CLASS.name;
        is_setting && object.id.path.ends_with(&sql::identifier(SETTING))
    };
    let found: Vec<&Object> = contract.objects.values().filter(is_one).collect();
    // What is set for the one role holds before what is set for all, and in the database before elsewhere.
    let rank = |object: &Object| {
        let path = &*object.id.path;
        let is_database = object.id.class.as_str() == database_setting::CLASS.name;
        let place = [
            path.starts_with("authenticator in database"),
            path.starts_with("authenticator"),
            is_database,
        ];
        place.iter().position(|is| *is).unwrap_or(place.len())
    };
    let value = found.into_iter().min_by_key(|object| rank(object))?;
    let value = value.text("value")?;
    let names = value.split(',').map(|name| name.trim().trim_matches('"'));
    Some(
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

/// Whether a contract knows a role: it may keep it, or grant it something.
fn is_known(contract: &Contract, name: &str) -> bool {
    let quoted = sql::identifier(name);
    contract.objects.values().any(|object| {
        let class = object.id.class.as_str();
        class == role::CLASS.name && *object.id.path == *quoted
            || class == grant::CLASS.name && grant::grantee(&object.id.path) == quoted
    })
}

/// Groups by member.
fn memberships(contract: &Contract) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let objects = contract.objects.values();
    let memberships =
        objects.filter(|object| object.id.class.as_str() == role_membership::CLASS.name);
    for object in memberships.filter(|object| {
        // Up to Postgres 15 this is said of the member.
        object
            .facts
            .get("inherit")
            .and_then(serde_json::Value::as_bool)
            != Some(false)
    }) {
        if let Some((group, member)) = split_outside_quotes(&object.id.path, " to ") {
            let (group, member) = (sql::parts(group).concat(), sql::parts(member).concat());
            found.entry(member).or_default().push(group);
        }
    }
    found
}

fn groups_of(name: &str, memberships: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(role) = open.pop() {
        open.extend(memberships.get(&role).into_iter().flatten().cloned());
        if !groups.insert(role) {
            // A circle: the server makes none, a saved file may.
            open.retain(|other| !groups.contains(other));
        }
    }
    groups
}
