//! What a REST endpoint tells of a database, and the contract that follows: the expected one, but for what it tells
//! otherwise. What it does not tell is taken for equal, and said to be not compared.

mod defaults;
mod enums;
mod keys;
mod relations;
mod routines;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Named, Shape};
use crate::classes::{
    Class, column, constraint, default, domain, enum_type, foreign_table, function,
    materialized_view, table, view,
};
use crate::contract::{Contract, Facts, Gap, Object, ObjectId};
use crate::sql;

/// The role whose key is used: what it may not touch, the endpoint does not show.
const ROLE: &str = "service_role";

/// What an endpoint tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Served {
    /// The schemas that were asked for.
    pub schemas: BTreeSet<String>,
    /// Tables and views; it does not say which.
    pub relations: BTreeMap<Named, BTreeMap<String, ServedColumn>>,
    /// Functions.
    pub routines: BTreeMap<Named, ServedRoutine>,
}

/// JSON Schema's word for the values that a description allows.
pub const ALLOWED_VALUES: &str = "enum";

/// What is told of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServedColumn {
    /// Its type, as Postgres prints it without a modifier.
    pub type_name: Option<String>,
    /// The type's length, of characters.
    pub length: Option<u64>,
    /// What its values are in JSON: `string`, `integer`, …; nothing for JSON itself.
    pub json_type: Option<String>,
    /// The values that its enum has, in order.
    pub values: Option<Vec<String>>,
    /// Whether it is named among those that are required.
    pub is_required: bool,
    /// Its default, as far as that can be said in JSON.
    pub default: Option<Value>,
    /// Whether it is marked as part of the primary key.
    pub is_key: bool,
    /// Table and column that it is marked to refer to.
    pub refers_to: Option<(String, String)>,
}

/// What is told of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedRoutine {
    /// Its arguments by name.
    pub arguments: BTreeMap<String, ServedArgument>,
    /// Whether it may be called by what changes nothing.
    pub is_readable: bool,
}

/// What is told of an argument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedArgument {
    /// Its type, where it is said.
    pub type_name: Option<String>,
    /// Whether it may not be left out.
    pub is_required: bool,
}

struct Implying<'a> {
    shape: Shape,
    domains: BTreeMap<String, String>,
    served: &'a Served,
    contract: Contract,
    gaps: BTreeSet<Gap>,
    /// Columns whose default is not told in words that could be compared.
    untold_defaults: Vec<ObjectId>,
}

impl Served {
    /// The contract that follows from an expected one and what is told, with what could not be compared.
    pub fn imply(&self, expected: &Contract) -> Contract {
        let objects = expected.objects.values();
        let domains = objects
            .filter(|object| object.id.class.as_str() == domain::CLASS.name)
            .filter_map(|object| {
                Some((object.id.path.to_string(), object.text("type")?.to_owned()))
            });
        let mut implying = Implying {
            shape: Shape::of(expected),
            domains: domains.collect(),
            served: self,
            contract: expected.clone(),
            gaps: self.gaps(),
            untold_defaults: Vec::new(),
        };
        implying.relations();
        implying.routines();
        implying.enums();
        implying.say_untold_defaults();
        let Implying {
            mut contract, gaps, ..
        } = implying;
        contract.coverage.not_compared = gaps;
        contract.coverage.classes = CLASSES.iter().map(|class| class.name.to_owned()).collect();
        contract.knows_needs = false;
        contract.needs.clear();
        contract.members.clear();
        contract
    }

    fn gaps(&self) -> BTreeSet<Gap> {
        let schemas: Vec<&str> = self.schemas.iter().map(String::as_str).collect();
        let schemas = match schemas.is_empty() {
            true => "public".to_owned(),
            false => schemas.join(", "),
        };
        let told = NOT_TOLD.iter().map(|(what, why)| Gap {
            what: (*what).to_owned(),
            why: (*why).to_owned(),
        });
        let outside = Gap {
            what: format!("everything outside of {schemas}"),
            why: "the REST endpoint serves no other schema".to_owned(),
        };
        told.chain([outside]).collect()
    }
}

/// Classes of which an endpoint tells something.
static CLASSES: [&Class; 9] = [
    &column::CLASS,
    &constraint::CLASS,
    &default::CLASS,
    &enum_type::CLASS,
    &foreign_table::CLASS,
    &function::CLASS,
    &materialized_view::CLASS,
    &table::CLASS,
    &view::CLASS,
];

const NOT_TOLD: &[(&str, &str)] = &[
    (
        "row-level security, policies, grants, owners and roles",
        "the REST endpoint does not tell them",
    ),
    (
        "checks, unique and exclusion constraints, names and actions of keys, the order of a key's columns, foreign keys of several columns or into another schema; indexes, triggers, rules, sequences and extended statistics",
        "the REST endpoint tells columns of primary keys, and what a single column refers to",
    ),
    (
        "bodies, results and settings of functions; functions of the same name where there are several; procedures and triggers' functions",
        "the REST endpoint tells names, arguments and whether a function may write",
    ),
    (
        "definitions of views, and whether a relation is a table or a view",
        "the REST endpoint tells their columns alone",
    ),
    (
        "enums that no column has, domains, other types, extensions, publications, buckets, jobs, settings, comments and everything that belongs to no schema",
        "the REST endpoint does not tell them",
    ),
    (
        "precisions and schemas of types, columns' identity, generation, collation and storage",
        "the REST endpoint tells them in part, and not alike in all versions",
    ),
];

impl Implying<'_> {
    /// Whether the endpoint would show it: by the contract, the service's role may do something with it.
    fn is_shown(&self, id: &ObjectId, privileges: &[&str]) -> bool {
        let reach = self.shape.reach();
        privileges
            .iter()
            .any(|privilege| reach.may_some(ROLE, id, privilege))
    }

    fn hidden(&mut self, id: &ObjectId) {
        self.gaps.insert(Gap {
            what: id.to_string(),
            why: format!(
                "the contract grants {ROLE} nothing on it, so the REST endpoint does not show it"
            ),
        });
    }

    /// Whether two spellings may be the same type: versions differ in modifiers, schemas and whether they see through domains.
    fn is_same_type(&self, expected: &str, told: &str) -> bool {
        let told = plain(told);
        let base = self.domains.get(expected).or_else(|| {
            let mut named = self.domains.iter();
            named
                .find(|(path, _)| plain(path) == plain(expected))
                .map(|(_, base)| base)
        });
        plain(expected) == told || base.is_some_and(|base| plain(base) == told)
    }

    /// Takes an object away with all that is inside of it.
    fn remove(&mut self, id: &ObjectId) {
        let mut gone = BTreeSet::from([id.clone()]);
        loop {
            let inside: Vec<ObjectId> = self
                .contract
                .objects
                .values()
                .filter(|object| {
                    object
                        .parent
                        .as_ref()
                        .is_some_and(|parent| gone.contains(parent))
                })
                .filter(|object| !gone.contains(&object.id))
                .map(|object| object.id.clone())
                .collect();
            if inside.is_empty() {
                break;
            }
            gone.extend(inside);
        }
        self.contract.objects.retain(|id, _| !gone.contains(id));
    }

    fn change(&mut self, id: &ObjectId, fact: &str, value: serde_json::Value) {
        let adopted = (id.clone(), fact.to_owned(), value);
        self.contract.adopt(vec![adopted]);
    }

    fn add(&mut self, id: ObjectId, parent: Option<ObjectId>, schema: &str) {
        let object = Object {
            id: id.clone(),
            parent,
            schema: Some(Arc::from(schema)),
            facts: Facts::default(),
            location: None,
            fact_locations: BTreeMap::new(),
        };
        self.contract.objects.insert(id, object);
    }
}

/// A type without modifier, schema and quotes.
fn plain(type_name: &str) -> String {
    let mut bare = String::new();
    let mut depth = 0_u32;
    for c in type_name.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let (name, list) = match bare.find('[') {
        Some(at) => (&bare[..at], "[]"),
        None => (bare.as_str(), ""),
    };
    let name = sql::parts(name.trim()).pop().unwrap_or_default();
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ") + list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_without_what_versions_differ_in() {
        for (one, other) in [
            ("character varying(20)", "character varying"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("public.mood", "mood"),
            ("\"Odd\".\"Type\"[]", "Type[]"),
            ("extensions.vector(3)", "vector"),
        ] {
            assert_eq!(plain(one), plain(other));
        }
        assert_ne!(plain("text"), plain("text[]"));
        assert_ne!(plain("integer"), plain("bigint"));
    }
}
