//! Which objects are compared: what people own, not what their platform keeps.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::{Class, Naming};
use crate::contract::{Contract, Gap, Object, ObjectId, Pattern};

/// What is known about who made the objects of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A replay: these objects were there before the first migration.
    Replayed(BTreeSet<ObjectId>),
    /// A database as it is: nobody knows.
    Unknown,
    /// A saved contract: the choice was made when it was saved.
    Settled,
}

/// Which schemas are compared, and what belongs to the platform.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Schemas to compare; empty means every one that is not the platform's.
    pub schemas: Vec<Pattern>,
    /// Schemas that the platform keeps.
    pub platform_schemas: BTreeSet<String>,
    /// Objects outside schemas that the platform keeps.
    pub platform_objects: Vec<Pattern>,
}

impl Scope {
    /// Leaves in an expected contract what is compared.
    ///
    /// In a platform's schema that is what migrations made there, such as a trigger on its user table.
    pub fn limit_expected(&self, contract: &mut Contract, provenance: &Provenance) {
        let guarded = guarded_by_migrations(contract, provenance);
        contract.objects.retain(|id, object| {
            if !self.is_chosen(object) {
                return false;
            }
            match provenance {
                Provenance::Settled => true,
                Provenance::Unknown => !self.is_platform(object),
                Provenance::Replayed(platform) => {
                    !self.is_platform(object)
                        || guarded.contains(id)
                        || !platform.contains(id) && !is_facet(id)
                }
            }
        });
    }

    /// Leaves in a live contract what is compared with an expected one that was limited already.
    pub fn limit_live(&self, live: &mut Contract, expected: &Contract) {
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        live.objects.retain(|id, object| {
            if !self.is_chosen(object) {
                return false;
            }
            let keep = !self.is_platform(object) || expected.objects.contains_key(id);
            if !keep
                && let Some(schema) = object
                    .schema
                    .as_ref()
                    .filter(|name| self.platform_schemas.contains(&***name))
            {
                *left_out.entry(schema.to_string()).or_default() += 1;
            }
            keep
        });
        if !left_out.is_empty() {
            let count: usize = left_out.values().sum();
            let schemas: Vec<String> = left_out.into_keys().collect();
            live.coverage.not_compared.insert(Gap {
                what: format!("{count} objects in {}", schemas.join(", ")),
                why: "the platform keeps these schemas and changes them on its own".to_owned(),
            });
        }
    }

    /// A chosen schema that neither side has: a misspelt name must not compare nothing and call it fine.
    pub fn unknown_schema(&self, expected: &Contract, live: &Contract) -> Option<&str> {
        let sides = [expected, live];
        let schemas: BTreeSet<&str> = sides
            .iter()
            .flat_map(|side| side.objects.values())
            .filter_map(|object| object.schema.as_deref())
            .collect();
        let unknown = |pattern: &&Pattern| !schemas.iter().any(|name| pattern.matches_text(name));
        self.schemas.iter().find(unknown).map(Pattern::as_str)
    }

    fn is_chosen(&self, object: &Object) -> bool {
        match &object.schema {
            Some(schema) if !self.schemas.is_empty() => self
                .schemas
                .iter()
                .any(|pattern| pattern.matches_text(schema)),
            Some(_) | None => true,
        }
    }

    fn is_platform(&self, object: &Object) -> bool {
        // The platform makes none of these itself: one on its tables is the project's.
        let class = Class::named(object.id.class.as_str());
        if class.is_some_and(|class| class.is_always_ours) {
            return false;
        }
        object
            .schema
            .as_ref()
            .is_some_and(|schema| self.platform_schemas.contains(&**schema))
            || self.platform_objects.iter().any(|pattern| {
                // Its owner and comment are the platform's too; what is in a publication is not.
                let parent = object.parent.as_ref().filter(|_| is_facet(&object.id));
                pattern.matches(&object.id) || parent.is_some_and(|id| pattern.matches(id))
            })
    }
}

/// The platform's objects that migrations put something of their own on, such as a policy: whether those
/// are enforced is the project's business.
fn guarded_by_migrations(contract: &Contract, provenance: &Provenance) -> BTreeSet<ObjectId> {
    let Provenance::Replayed(platform) = provenance else {
        return BTreeSet::new();
    };
    let ours = contract.objects.values().filter(|object| {
        let class = Class::named(object.id.class.as_str());
        class.is_some_and(|class| class.is_always_ours) && !platform.contains(&object.id)
    });
    ours.filter_map(|object| object.parent.clone()).collect()
}

fn is_facet(id: &ObjectId) -> bool {
    Class::named(id.class.as_str()).is_some_and(|class| class.naming == Naming::Facet)
}
