//! What is looked at although the platform keeps it: guards that were taken away, doors that were opened, and what a
//! project put into the platform's schemas.

use std::collections::BTreeSet;

use crate::classes;
use crate::contract::{Contract, Gap, Object, ObjectId, Pattern};
use crate::sql;

/// What of a platform's own is looked at.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Roles of the platform itself.
    pub roles: BTreeSet<String>,
    /// Roles that requests run as.
    pub api_roles: BTreeSet<String>,
    /// Tables whose row security the platform switches on.
    pub guarded: BTreeSet<String>,
    /// Schemas whose tables and views the platform opens to no role of requests.
    pub closed: BTreeSet<String>,
    /// Schemas in which what belongs to no role of the platform is the project's.
    pub schemas: BTreeSet<String>,
    /// What is the platform's all the same.
    pub old_objects: Vec<Pattern>,
}

/// Attributes of the roles of requests that projects differ in by their age.
const LOOSE: &[&str] = &["connection_limit", "valid_until"];

impl Watch {
    /// Whether its row security is watched: a guarded table that has it.
    pub(super) fn is_guarded(&self, object: &Object) -> bool {
        classes::is_table(&object.id)
            && self.guarded.contains(&*object.id.path)
            && object.is("row_security")
    }

    /// Leaves of a guarded table what is watched.
    pub(super) fn reduce(&self, object: &mut Object) {
        if classes::is_table(&object.id) && self.guarded.contains(&*object.id.path) {
            object.facts.retain(|fact, _| fact == "row_security");
        }
    }

    /// Leaves of a role of requests what decides over rights.
    pub(super) fn reduce_role(&self, object: &mut Object) {
        if self.is_api_role(&object.id) {
            let inherits = &*object.id.path == "authenticator";
            object
                .facts
                .retain(|fact, _| !LOOSE.contains(&fact) && (fact != "inherit" || inherits));
        }
        let is_membership = classes::is_membership(&object.id);
        if is_membership
            && object
                .parent
                .as_ref()
                .is_some_and(|role| self.is_api_role(role))
        {
            object.facts.retain(|fact, _| fact == "admin");
        }
    }

    pub(super) fn is_api_role(&self, id: &ObjectId) -> bool {
        classes::is_role(id) && self.api_roles.contains(&*id.path)
    }

    /// Whether a role is the platform's.
    pub fn is_platform_role(&self, id: &ObjectId) -> bool {
        self.roles.contains(&*id.path) || !self.roles.is_empty() && &*id.path == "postgres"
    }

    /// Whether a role of that quoted name is the platform's own and requests never run as it.
    pub(super) fn is_of_platform_alone(&self, name: &str) -> bool {
        let id = classes::id_of_role(&sql::parts(name).concat());
        self.is_platform_role(&id) && !self.is_api_role(&id)
    }

    pub(super) fn api_role_ids(&self) -> impl Iterator<Item = ObjectId> {
        self.api_roles.iter().map(|name| classes::id_of_role(name))
    }

    /// Whether it lets a role of requests at a table or view that the platform opens to none.
    pub(super) fn opens(&self, object: &Object) -> bool {
        let in_closed = |schema: &str| self.closed.contains(schema);
        let on_relation = |on: &ObjectId| classes::is_grant_on_relation(&object.id, on);
        let to_requests = |path: &str| {
            let mut roles = self.api_roles.iter().map(String::as_str).chain(["PUBLIC"]);
            roles.any(|role| path.ends_with(&format!(" to {role}")))
        };
        object.schema.as_deref().is_some_and(in_closed)
            && object.parent.as_ref().is_some_and(on_relation)
            && to_requests(&object.id.path)
    }

    /// What people put into the platform's schemas, with all that is inside of it: told by its owner, and for a
    /// trigger by where its function is.
    pub(super) fn of_users(&self, contract: &Contract) -> BTreeSet<ObjectId> {
        let mut users: BTreeSet<ObjectId> = BTreeSet::new();
        for object in contract.objects.values() {
            if self.is_watched_schema(object) {
                users.extend(self.put_by_user(object));
            }
        }
        let inside = |object: &&Object| {
            let mut parent = object.parent.as_ref();
            while let Some(id) = parent {
                if users.contains(id) {
                    return true;
                }
                parent = contract
                    .objects
                    .get(id)
                    .and_then(|object| object.parent.as_ref());
            }
            false
        };
        let watched = contract.objects.values();
        let inside: Vec<ObjectId> = watched
            .filter(|object| self.is_watched_schema(object))
            .filter(inside)
            .map(|object| object.id.clone())
            .collect();
        users.extend(inside);
        users
    }

    fn is_watched_schema(&self, object: &Object) -> bool {
        let schema = object.schema.as_deref();
        schema.is_some_and(|schema| self.schemas.contains(schema))
    }

    fn put_by_user(&self, object: &Object) -> Option<ObjectId> {
        if let (Some(owner), Some(parent)) = (object.text("owner"), object.parent.as_ref()) {
            let is_ours = !self.roles.contains(owner)
                && !owner.starts_with("supabase_")
                && classes::is_put_in_schemas(parent)
                && !self.old_objects.iter().any(|old| old.matches(parent));
            return is_ours.then(|| parent.clone());
        }
        if !classes::is_trigger(&object.id) {
            return None;
        }
        let function = sql::parts(object.text("function")?);
        let schema = function.first().filter(|_| function.len() > 1)?;
        let is_platform = self.schemas.contains(schema)
            || ["extensions", "pg_catalog", "net", "graphql"].contains(&schema.as_str());
        (!is_platform).then(|| object.id.clone())
    }
}

/// Roles of the server that nothing of the contract speaks of.
pub(super) fn gap_of_roles(count: usize) -> Gap {
    Gap {
        what: format!("roles of the server: {count} that no migration makes"),
        why: "nothing says what they shall be".to_owned(),
    }
}
