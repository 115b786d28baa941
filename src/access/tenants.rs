//! Which tables hold tenants, and which say who belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use super::clues::{Asked, Clues};
use super::model::{Model, Reference, Relation};
use crate::contract::Pattern;

/// Columns that name users; with `true` where they are lists of them.
type Users = BTreeMap<(i64, String), bool>;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    pub tables: BTreeSet<i64>,
    /// Tables that say who belongs to which.
    pub members: BTreeSet<i64>,
}

/// Names that tables of tenants usually have.
const TENANT_TABLES: [&str; 24] = [
    "household",
    "households",
    "clinic",
    "clinics",
    "school",
    "schools",
    "company",
    "customer_accounts",
    "practice",
    "practices",
    "organization",
    "organizations",
    "organisation",
    "organisations",
    "org",
    "orgs",
    "tenant",
    "tenants",
    "team",
    "teams",
    "workspace",
    "workspaces",
    "companies",
    "accounts",
];

/// A table is one of tenants when it was stated, is named like one, is compared with what a token says, or when what policies
/// look up joins it with users.
pub(super) fn find(model: &Model, users: &Users, clues: &Clues, stated: &[Pattern]) -> Tenants {
    let mut found = Tenants::default();
    for relation in model
        .relations
        .iter()
        .filter(|relation| relation.is_table())
    {
        let path = format!("{}.{}", relation.schema, relation.name);
        if stated.iter().any(|pattern| pattern.matches_text(&path)) {
            found.tables.insert(relation.oid);
        }
        let has_user = names_users(relation, users);
        let others = relation
            .references
            .iter()
            .filter(|key| key.target != relation.oid);
        for key in others.filter(|key| !is_people(model, users, key.target)) {
            let Some(target) = model.relation(key.target) else {
                continue;
            };
            let is_asked = clues.consulted.contains(&relation.oid) || says_who_belongs(relation);
            let joins = has_user && is_asked && joins_users(relation, key, users);
            // What somebody owns is shared with others; what nobody owns has members.
            let is_nobodys = !is_owned(model, target, users, 3);
            if is_named(target) || (joins && (is_nobodys || is_membership(relation))) {
                found.tables.insert(key.target);
                found.members.extend(has_user.then_some(relation.oid));
            }
        }
    }
    found.tables.extend(claimed(model, users, clues));
    found.tables.retain(|oid| {
        let relation = model.relation(*oid);
        relation.is_some_and(|relation| !matches!(relation.schema.as_str(), "auth" | "storage"))
    });
    found
}

/// Tables that columns refer to which are compared with what the session says.
fn claimed(model: &Model, users: &Users, clues: &Clues) -> BTreeSet<i64> {
    let is_rank = |asked: &Asked| matches!(asked, Asked::Claim(keys) if keys.last().is_some_and(|key| key.contains("role")));
    let asked = clues.asked.iter().filter(|(asked, _)| !is_rank(asked));
    let targets = asked
        .flat_map(|(_, columns)| columns)
        .filter_map(|(oid, column)| {
            let mut keys = model.relation(*oid)?.references.iter();
            let key = keys.find(|key| key.columns == [column.clone()])?;
            (!is_people(model, users, key.target)).then_some(key.target)
        });
    targets.collect()
}

fn is_named(relation: &Relation) -> bool {
    TENANT_TABLES.contains(&relation.name.as_str())
}

/// Whether a table's own key names users.
fn is_people(model: &Model, users: &Users, oid: i64) -> bool {
    model.relation(oid).is_some_and(|target| {
        let key = target.primary_key();
        key.len() == 1 && users.contains_key(&(oid, key[0].clone()))
    })
}

/// Whether rows of a relation name a user, or something that does.
fn is_owned(model: &Model, relation: &Relation, users: &Users, depth: usize) -> bool {
    let above = || {
        let targets = relation.references.iter().map(|key| key.target);
        let mut targets = targets.filter(|target| *target != relation.oid);
        targets.any(|target| {
            let target = model.relation(target);
            target.is_some_and(|target| depth > 0 && is_owned(model, target, users, depth - 1))
        })
    };
    names_users(relation, users) || above()
}

fn names_users(relation: &Relation, users: &Users) -> bool {
    let mut columns = relation.columns.iter();
    columns.any(|column| users.contains_key(&(relation.oid, column.name.clone())))
}

/// Whether a unique key joins a user with what a foreign key refers to, or every user has one.
fn joins_users(relation: &Relation, reference: &Reference, users: &Users) -> bool {
    let is_user = |name: &String| users.contains_key(&(relation.oid, name.clone()));
    let mut keys = relation.keys.iter();
    let joins = keys.any(|key| {
        let is_joined = reference
            .columns
            .iter()
            .all(|column| key.columns.contains(column));
        key.columns.iter().any(is_user) && (is_joined || key.columns.iter().all(is_user))
    });
    joins || is_membership(relation)
}

/// Whether a relation says by its name that it holds who belongs to what.
fn says_who_belongs(relation: &Relation) -> bool {
    let words = [
        "member",
        "staff",
        "collaborat",
        "participant",
        "_users",
        "users_",
        "employees",
    ];
    words.iter().any(|word| relation.name.contains(word))
}

/// The same, people's own records included: those name what they belong to as well.
pub(super) fn is_membership(relation: &Relation) -> bool {
    says_who_belongs(relation)
        || ["user_roles", "profiles"]
            .iter()
            .any(|word| relation.name.contains(word))
}
