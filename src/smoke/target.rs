//! What is asked for over REST: what the database showed, else what the contract says, else what was named.

use std::collections::{BTreeMap, BTreeSet};

use super::Expected;
use super::catalog::Catalog;
use super::reach::{is_named, is_of_owners};
use super::settings::Settings;
use crate::contract::{ClassName, ObjectId};
use crate::sql::{parts, qualified};

/// What the endpoint should serve.
#[derive(Debug, Default)]
pub struct Targets {
    pub(super) relations: Vec<Served>,
    /// Functions that change nothing, by name, where it is known of each of that name.
    pub(super) harmless: BTreeSet<Vec<String>>,
    /// Why a row written to a table might leave a trace, by table, where the database was asked; nothing where it cannot.
    pub(super) hazards: BTreeMap<ObjectId, Option<String>>,
}

/// A table or view that the endpoint should serve.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) id: ObjectId,
    pub(super) schema: String,
    pub(super) name: String,
    /// Whether a visitor must not see rows of it.
    pub(super) is_private: bool,
    /// Whether a policy shows visitors some of them by name.
    pub(super) has_meant_rows: bool,
    /// What visitors may select of it by the contract, where that is what says what to ask for.
    pub(super) visitors: Option<Visitors>,
}

/// What visitors may select.
#[derive(Debug)]
pub(super) enum Visitors {
    Nothing,
    /// Columns, as a request asks for them.
    Columns(String),
}

impl Targets {
    /// What the database showed.
    pub(super) fn found(catalog: &Catalog, settings: &Settings) -> Self {
        let relations = catalog.relations.values().map(|relation| Served {
            is_private: is_of_owners(relation, settings),
            has_meant_rows: !relation.meant.is_empty() && !is_named(&relation.id, settings),
            ..Served::of(&relation.id)
        });
        let functions = catalog.functions.values();
        let functions = functions.map(|function| (&function.id, function.is_volatile));
        Self {
            relations: relations.collect(),
            harmless: harmless(functions),
            hazards: BTreeMap::new(),
        }
    }

    /// What the contract says, where there is no database to ask; without one, what the configuration names.
    pub fn named(expected: Option<&Expected>, settings: &Settings) -> Self {
        let Some(expected) = expected else {
            let named = settings
                .tables
                .iter()
                .map(|table| (table.name.as_str(), false));
            let owned = settings
                .owner_only
                .iter()
                .map(|pattern| (pattern.as_str(), true));
            let plain = owned
                .chain(named)
                .filter(|(name, _)| !name.contains(['*', '?', '[', ':']));
            let mut seen = BTreeSet::new();
            let relations = plain.filter_map(|(name, is_private)| {
                let id = ObjectId::new(ClassName::new("table"), qualified(&parts(name)));
                seen.insert(id.clone()).then(|| Served {
                    is_private,
                    ..Served::of(&id)
                })
            });
            return Self {
                relations: relations.collect(),
                ..Self::default()
            };
        };
        let is_served = |schema: &str| {
            let schemas = &settings.api_schemas;
            (schemas.is_empty() && schema == "public" || schemas.iter().any(|one| one == schema))
                && settings.admits(schema)
        };
        let relations = expected
            .relations
            .iter()
            .filter(|relation| is_served(&relation.schema));
        let relations = relations.map(|relation| Served {
            is_private: relation.is_of_users || is_named(&relation.id, settings),
            has_meant_rows: !is_named(&relation.id, settings)
                && expected.shows_by_name(&relation.id.path, &settings.roles.anon),
            visitors: Some(match expected.opens(&relation.id, &settings.roles.anon) {
                Some(columns) => Visitors::Columns(columns),
                None => Visitors::Nothing,
            }),
            ..Served::of(&relation.id)
        });
        let functions = expected.functions.iter();
        let functions = functions.map(|function| (&function.id, function.is_volatile));
        Self {
            relations: relations.collect(),
            harmless: harmless(functions),
            hazards: BTreeMap::new(),
        }
    }

    /// Whether every function of that name is known to change nothing.
    pub(super) fn is_harmless(&self, name: &[String]) -> bool {
        self.harmless.contains(name)
    }
}

impl Served {
    fn of(id: &ObjectId) -> Self {
        let mut parts = parts(&id.path);
        let name = parts.pop().unwrap_or_default();
        Self {
            id: id.clone(),
            schema: parts.pop().unwrap_or_default(),
            name,
            is_private: false,
            has_meant_rows: false,
            visitors: None,
        }
    }
}

fn harmless<'a>(functions: impl Iterator<Item = (&'a ObjectId, bool)>) -> BTreeSet<Vec<String>> {
    let mut volatile: BTreeMap<Vec<String>, bool> = BTreeMap::new();
    for (id, is_volatile) in functions {
        let name = parts(super::routine::name_of(&id.path));
        *volatile.entry(name).or_default() |= is_volatile;
    }
    let harmless = volatile.into_iter().filter(|(_, is_volatile)| !is_volatile);
    harmless.map(|(name, _)| name).collect()
}
