//! Who may do what with relations, their columns and functions: grants, PUBLIC and memberships taken together.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::rules::{split_outside_quotes, texts};
use crate::classes::{grant, role, role_membership};
use crate::contract::{Contract, Object, ObjectId};
use crate::sql;

/// What roles may do. Owners and superusers may more than this says.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    roles: BTreeSet<String>,
    groups: BTreeMap<String, BTreeSet<String>>,
    whole: BTreeMap<ObjectId, Grants>,
    columns: BTreeMap<(ObjectId, String), Grants>,
}

/// Who is granted which privileges; `None` is everybody.
type Grants = BTreeMap<Option<String>, BTreeSet<String>>;

impl Reach {
    /// What a contract grants.
    pub fn of(contract: &Contract) -> Self {
        let mut reach = Self::default();
        for object in contract.objects.values() {
            let class = object.id.class.as_str();
            if class == role::CLASS.name {
                reach.roles.insert(sql::parts(&object.id.path).concat());
            } else if class == role_membership::CLASS.name {
                reach.join(object);
            } else if class == grant::CLASS.name {
                reach.grant(object);
            }
        }
        reach
    }

    /// Whether the contract has the role: without it nobody knows what it may do.
    pub fn knows(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// Whether a role may do something with a whole object, e.g. `SELECT` or `EXECUTE`.
    pub fn may(&self, role: &str, object: &ObjectId, privilege: &str) -> bool {
        self.whole
            .get(object)
            .is_some_and(|grants| self.is_granted(grants, role, privilege))
    }

    /// Whether a role may do something with a column, by a grant on it or on the whole relation.
    pub fn may_column(
        &self,
        role: &str,
        relation: &ObjectId,
        column: &str,
        privilege: &str,
    ) -> bool {
        self.may(role, relation, privilege)
            || self
                .columns
                .get(&(relation.clone(), column.to_owned()))
                .is_some_and(|grants| self.is_granted(grants, role, privilege))
    }

    /// Whether a role may do something with some column of a relation.
    pub fn may_some(&self, role: &str, relation: &ObjectId, privilege: &str) -> bool {
        self.may(role, relation, privilege) || !self.columns(role, relation, privilege).is_empty()
    }

    /// The columns of a relation that a role may do something with by grants on columns alone.
    pub fn columns(&self, role: &str, relation: &ObjectId, privilege: &str) -> Vec<&str> {
        let own = self.columns.iter().filter(|((of, _), _)| of == relation);
        own.filter(|(_, grants)| self.is_granted(grants, role, privilege))
            .map(|((_, column), _)| column.as_str())
            .collect()
    }

    fn is_granted(&self, grants: &Grants, role: &str, privilege: &str) -> bool {
        let has = |who: &Option<String>| {
            grants
                .get(who)
                .is_some_and(|privileges| privileges.contains(privilege))
        };
        has(&None)
            || self
                .with_groups(role)
                .into_iter()
                .any(|role| has(&Some(role)))
    }

    /// A role and all that it is a member of, however far.
    fn with_groups(&self, role: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut open = vec![role.to_owned()];
        while let Some(role) = open.pop() {
            if let Some(groups) = self.groups.get(&role) {
                open.extend(groups.iter().filter(|group| !all.contains(*group)).cloned());
            }
            all.insert(role);
        }
        all
    }

    fn join(&mut self, membership: &Object) {
        // From 16 on a membership may leave the rights to `set role`, which requests do not say.
        let is_without_rights = membership
            .facts
            .get("inherit")
            .is_some_and(|inherit| inherit.as_bool() == Some(false));
        let Some((group, member)) = split_outside_quotes(&membership.id.path, " to ") else {
            return;
        };
        if !is_without_rights {
            self.groups
                .entry(sql::parts(member).concat())
                .or_default()
                .insert(sql::parts(group).concat());
        }
    }

    fn grant(&mut self, object: &Object) {
        let grantee = match grant::grantee(&object.id.path) {
            "PUBLIC" => None,
            "(owner)" => return,
            role => Some(sql::parts(role).concat()),
        };
        let Some(parent) = &object.parent else {
            return;
        };
        let privileges = texts(object, "privileges")
            .into_iter()
            .map(|one| one.split(" WITH ").next().unwrap_or(one).to_owned());
        let target = match column_of(object, parent) {
            Some((relation, column)) => self.columns.entry((relation, column)).or_default(),
            None => self.whole.entry(parent.clone()).or_default(),
        };
        target.entry(grantee).or_default().extend(privileges);
    }
}

/// The relation and column of a grant on a column. Columns of views are no objects: there the name alone says it.
fn column_of(object: &Object, parent: &ObjectId) -> Option<(ObjectId, String)> {
    let target = split_outside_quotes(&object.id.path, " to ").map_or("", |(target, _)| target);
    let last = target.rsplit_once(' ').map_or(target, |(_, last)| last);
    let parts = match target.contains('"') {
        true => sql::parts(target),
        false => sql::parts(last),
    };
    if parent.class.as_str() == crate::classes::column::CLASS.name {
        let whole = sql::parts(&parent.path);
        let [schema, relation, column] = whole.as_slice() else {
            return None;
        };
        let table = crate::classes::table::CLASS.name;
        let relation = sql::qualified(&[schema, relation]);
        let id = ObjectId::new(crate::contract::ClassName::new(table), relation);
        return Some((id, column.clone()));
    }
    let of_parent = sql::parts(&parent.path).len();
    let is_relation = is_relation(parent);
    (is_relation && parts.len() == of_parent + 1)
        .then(|| (parent.clone(), parts.last().cloned().unwrap_or_default()))
}

fn is_relation(id: &ObjectId) -> bool {
    let class = id.class.as_str();
    class == crate::classes::view::CLASS.name
        || class == crate::classes::materialized_view::CLASS.name
}
