//! What a REST endpoint tells of a database, and the contract that follows: the expected one, but for what it tells
//! otherwise. What it does not tell is taken for equal, and said to be not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Named, Relation, RelationKind, Routine, Shape, id_of_column};
use crate::classes::{
    Class, column, domain, foreign_table, function, materialized_view, table, view,
};
use crate::contract::{ClassName, Contract, Facts, Gap, Object, ObjectId};
use crate::sql;

/// The role whose key is used: what it may not touch, the endpoint does not show.
const ROLE: &str = "service_role";

/// What an endpoint tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The schemas that were asked for.
    pub schemas: BTreeSet<String>,
    /// Tables and views; it does not say which.
    pub relations: BTreeMap<Named, BTreeMap<String, ServedColumn>>,
    /// Functions with the arguments by name, and their types where it says them.
    pub routines: BTreeMap<Named, BTreeMap<String, Option<String>>>,
}

/// What is told of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedColumn {
    /// Its type, as Postgres prints it.
    pub type_name: Option<String>,
    /// Whether it is named among those that are required.
    pub is_required: bool,
    /// Whether a default is told.
    pub has_default: bool,
}

struct Implying<'a> {
    shape: Shape,
    domains: BTreeMap<String, String>,
    served: &'a Served,
    contract: Contract,
    gaps: BTreeSet<Gap>,
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
        };
        implying.relations();
        implying.routines();
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
static CLASSES: [&Class; 6] = [
    &column::CLASS,
    &foreign_table::CLASS,
    &function::CLASS,
    &materialized_view::CLASS,
    &table::CLASS,
    &view::CLASS,
];

const NOT_TOLD: &[(&str, &str)] = &[
    (
        "row-level security, policies, grants, owners and roles",
        "the REST endpoint does not tell them: `pgpact smoke --rest` tries what visitors reach",
    ),
    (
        "constraints, keys, indexes, triggers, rules, sequences and extended statistics",
        "the REST endpoint does not tell them, or only as remarks",
    ),
    (
        "bodies, results, volatility and settings of functions; functions of the same name where there are several; procedures and triggers' functions",
        "the REST endpoint tells names and arguments alone",
    ),
    (
        "definitions of views, and whether a relation is a table or a view",
        "the REST endpoint tells their columns alone",
    ),
    (
        "enums, domains, other types, extensions, publications, buckets, jobs, settings, comments and everything that belongs to no schema",
        "the REST endpoint does not tell them",
    ),
    (
        "defaults, lengths and precisions of types, schemas of types, columns' identity, collation and storage",
        "the REST endpoint tells them in part, and not alike in all versions",
    ),
];

impl Implying<'_> {
    fn relations(&mut self) {
        let expected: Vec<(Named, Relation)> = self
            .shape
            .relations
            .iter()
            .filter(|(named, _)| self.served.schemas.contains(&named.schema))
            .map(|(named, relation)| (named.clone(), relation.clone()))
            .collect();
        let served = self.served;
        for (named, relation) in &expected {
            match served.relations.get(named) {
                Some(columns) => self.columns(named, relation, columns),
                None if relation.is_partition => {}
                None if !self.is_shown(&relation.id, &["SELECT", "INSERT", "UPDATE", "DELETE"]) => {
                    self.hidden(&relation.id);
                }
                None => self.remove(&relation.id),
            }
        }
        for (named, columns) in &served.relations {
            if self.shape.relations.contains_key(named) {
                continue;
            }
            let id = ObjectId::new(ClassName::new(table::CLASS.name), named.to_string());
            self.add(id.clone(), None, &named.schema);
            for name in columns.keys() {
                let path = sql::qualified(&[&named.schema, &named.name, name]);
                self.add(id_of_column(&path), Some(id.clone()), &named.schema);
            }
        }
    }

    /// Columns of views are no objects, and nothing says how a column of theirs came about.
    fn columns(
        &mut self,
        named: &Named,
        relation: &Relation,
        served: &BTreeMap<String, ServedColumn>,
    ) {
        let Some(columns) = &relation.columns else {
            return;
        };
        let has_objects = matches!(relation.kind, RelationKind::Table | RelationKind::Foreign);
        if !has_objects {
            let names: BTreeSet<&String> = columns.iter().map(|column| &column.name).collect();
            if names != served.keys().collect::<BTreeSet<_>>() {
                let list: Vec<&str> = served.keys().map(String::as_str).collect();
                self.change(
                    &relation.id,
                    "definition",
                    format!("a view of {}", list.join(", ")).into(),
                );
            }
            return;
        }
        let path = |name: &str| sql::qualified(&[&named.schema, &named.name, name]);
        for column in columns {
            let id = id_of_column(&path(&column.name));
            let Some(told) = served.get(&column.name) else {
                self.remove(&id);
                continue;
            };
            if let Some(type_name) = &told.type_name
                && !self.is_same_type(&column.type_name, type_name)
            {
                self.change(&id, "type", type_name.clone().into());
            }
            // Some versions leave those with a default out of what is required.
            let is_nullable = !told.is_required && !column.has_default && !told.has_default;
            if told.is_required && !column.is_required {
                self.change(&id, "not_null", true.into());
            } else if column.is_required && is_nullable {
                self.change(&id, "not_null", false.into());
            }
        }
        for name in served.keys().filter(|name| relation.column(name).is_none()) {
            self.add(
                id_of_column(&path(name)),
                Some(relation.id.clone()),
                &named.schema,
            );
        }
    }

    fn routines(&mut self) {
        let expected: Vec<(Named, Vec<Routine>)> = self
            .shape
            .routines
            .iter()
            .filter(|(named, _)| self.served.schemas.contains(&named.schema))
            .map(|(named, routines)| (named.clone(), routines.clone()))
            .collect();
        let served = self.served;
        for (named, routines) in &expected {
            let is_called = |routine: &&Routine| {
                !routine.is_trigger && routine.id.class.as_str() == function::CLASS.name
            };
            let routines: Vec<&Routine> = routines.iter().filter(is_called).collect();
            match (served.routines.get(named), routines.as_slice()) {
                (Some(told), [routine]) => self.arguments(routine, told),
                (Some(_), _) => {}
                (None, routines) => {
                    for routine in routines {
                        match self.is_shown(&routine.id, &["EXECUTE"]) {
                            true => self.remove(&routine.id),
                            false => self.hidden(&routine.id),
                        }
                    }
                }
            }
        }
        for (named, arguments) in &served.routines {
            let is_member = self.shape.members.contains(named);
            if self.shape.routines.contains_key(named) || is_member {
                continue;
            }
            let types = arguments.values().map(|one| one.as_deref().unwrap_or("?"));
            let path = format!("{named}({})", types.collect::<Vec<_>>().join(", "));
            let id = ObjectId::new(ClassName::new(function::CLASS.name), path);
            self.add(id, None, &named.schema);
        }
    }

    fn arguments(&mut self, routine: &Routine, told: &BTreeMap<String, Option<String>>) {
        let named = routine.arguments.iter();
        let named: Option<BTreeMap<&str, &str>> = named
            .map(|one| Some((one.name.as_deref()?, one.type_name.as_str())))
            .collect();
        // Without names it is called in a way of its own.
        let Some(named) = named else {
            return;
        };
        let is_same = named.len() == told.len()
            && named.iter().all(|(name, expected)| {
                told.get(*name).is_some_and(|told| {
                    told.as_ref()
                        .is_none_or(|told| self.is_same_type(expected, told))
                })
            });
        if !is_same {
            let list = told
                .iter()
                .map(|(name, told)| format!("{name} {}", told.as_deref().unwrap_or("?")));
            let list: Vec<String> = list.collect();
            self.change(&routine.id, "arguments", list.join(", ").into());
        }
    }

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
            facts: Facts::new(),
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
