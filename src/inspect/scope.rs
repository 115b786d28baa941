//! Which objects are compared: what people own, not what their platform keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Watch, watch};
use crate::classes::{
    Class, Naming, grantee_on_system, is_membership, is_role_setting, named_roles, role_of,
};
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
    /// What is looked at all the same.
    pub watch: Watch,
}

impl Scope {
    /// Leaves in an expected contract what is compared.
    ///
    /// In a platform's schema that is what migrations made there, such as a trigger on its user table.
    pub fn limit_expected(&self, contract: &mut Contract, provenance: &Provenance) {
        let guarded = guarded_by_migrations(contract, provenance);
        let users = self.watch.of_users(contract);
        let roles = self.roles_of(contract, provenance);
        contract.objects.retain(|id, object| {
            if !self.is_chosen(object) {
                return false;
            }
            if let Some(role) = role_of(object) {
                let is_settled = *provenance == Provenance::Settled;
                return is_settled || self.keeps_of_role(object, role, provenance, &roles);
            }
            match provenance {
                Provenance::Settled => true,
                Provenance::Unknown => {
                    !self.is_platform(object)
                        || users.contains(id)
                        || self.watch.is_guarded(object)
                        || self.watch.opens(object)
                }
                Provenance::Replayed(platform) => {
                    !self.is_platform(object)
                        || guarded.contains(id)
                        || self.watch.is_guarded(object)
                        || self.watch.opens(object)
                        || !platform.contains(id) && !is_facet(id)
                }
            }
        });
        for (id, object) in &mut contract.objects {
            if !guarded.contains(id) && *provenance != Provenance::Settled {
                self.watch.reduce(object);
            }
            self.watch.reduce_role(object);
        }
    }

    /// Brings what both sides have only to be watched to the facts that are.
    pub fn align(&self, contract: &mut Contract, expected: &Contract) {
        for (id, object) in &mut contract.objects {
            if expected
                .objects
                .get(id)
                .is_some_and(|other| self.is_watched(other))
            {
                self.watch.reduce(object);
            }
            self.watch.reduce_role(object);
        }
    }

    /// Whether it is a table of the platform whose row security is as the platform has it.
    pub fn is_platform_table(&self, object: &Object) -> bool {
        self.watch.is_guarded(object)
    }

    /// Whether it is the platform's to make, and compared only in part.
    pub fn is_watched(&self, object: &Object) -> bool {
        self.watch.is_guarded(object) && object.facts.len() == 1
            || role_of(object).is_some_and(|role| self.watch.is_api_role(role))
                && !is_role_setting(&object.id)
    }

    /// Roles that are compared: those of requests, those that migrations made, and of a database those that it names.
    fn roles_of(&self, contract: &Contract, provenance: &Provenance) -> BTreeSet<ObjectId> {
        let mut roles = match provenance {
            Provenance::Unknown => {
                let objects = contract.objects.values();
                let mut named = named_roles(objects.filter(|object| !self.is_platform(object)));
                named.retain(|id| !self.watch.is_platform_role(id));
                named
            }
            Provenance::Replayed(platform) => {
                let made = contract.objects.keys().filter(|id| !platform.contains(*id));
                made.cloned().collect()
            }
            Provenance::Settled => BTreeSet::new(),
        };
        roles.extend(self.watch.api_role_ids());
        roles
    }

    /// Of a role that is compared everything is; of others what migrations did, as a setting.
    fn keeps_of_role(
        &self,
        object: &Object,
        role: &ObjectId,
        provenance: &Provenance,
        roles: &BTreeSet<ObjectId>,
    ) -> bool {
        let is_api_role = self.watch.is_api_role(role);
        let (is_setting, is_membership) = (is_role_setting(&object.id), is_membership(&object.id));
        match provenance {
            _ if self.is_listed(object) => false,
            Provenance::Replayed(platform) if is_setting => !platform.contains(&object.id),
            Provenance::Unknown if is_setting && is_api_role => false,
            Provenance::Replayed(platform) if is_membership && !is_api_role => {
                roles.contains(role) && !platform.contains(&object.id)
            }
            _ if is_facet(&object.id) && is_api_role => false,
            _ => roles.contains(role),
        }
    }

    /// Leaves in a live contract what is compared with an expected one that was limited already.
    pub fn limit_live(&self, live: &mut Contract, expected: &Contract) {
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        let mut roles = 0;
        let users = self.watch.of_users(live);
        live.objects.retain(|id, object| {
            if !self.is_chosen(object) {
                return false;
            }
            if let Some(role) = role_of(object) {
                let keep =
                    expected.objects.contains_key(id) || self.adds_to_role(object, role, expected);
                roles += usize::from(!keep && id == role && !self.watch.is_platform_role(id));
                return keep;
            }
            let keep = !self.is_platform(object)
                || expected.objects.contains_key(id)
                || users.contains(id) && !is_facet_of(object, expected)
                || self.watch.opens(object);
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
        // What this version of the platform does not have needs no guard.
        let absent = |object: &&Object| {
            self.is_watched(object)
                && !live
                    .objects
                    .contains_key(role_of(object).unwrap_or(&object.id))
        };
        let absent: Vec<Object> = expected.objects.values().filter(absent).cloned().collect();
        let absent = absent.into_iter().map(|object| (object.id.clone(), object));
        live.objects.extend(absent);
        self.align(live, expected);
        if roles > 0 {
            live.coverage
                .not_compared
                .insert(watch::gap_of_roles(roles));
        }
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

    /// Whether it is something that a compared role has and the contract does not give it.
    fn adds_to_role(&self, object: &Object, role: &ObjectId, expected: &Contract) -> bool {
        let is_more =
            is_membership(&object.id) || object.id != *role && !self.watch.is_api_role(role);
        is_more && expected.objects.contains_key(role) && !self.is_listed(object)
    }

    fn is_listed(&self, object: &Object) -> bool {
        let mut patterns = self.platform_objects.iter();
        patterns.any(|pattern| pattern.matches(&object.id))
    }

    fn is_platform(&self, object: &Object) -> bool {
        // The platform makes none of these itself: one on its tables is the project's.
        let class = Class::named(object.id.class.as_str());
        if class.is_some_and(|class| class.is_always_ours) {
            return false;
        }
        let schema = object.schema.as_ref();
        let is_inside = schema.is_some_and(|schema| self.platform_schemas.contains(&**schema));
        if let Some(grantee) = grantee_on_system(object) {
            return is_inside || self.watch.is_of_platform_alone(grantee);
        }
        is_inside
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

/// What belongs to an object of the contract is compared only as far as the contract says something about it.
fn is_facet_of(object: &Object, expected: &Contract) -> bool {
    let parent = object.parent.as_ref();
    is_facet(&object.id) && parent.is_some_and(|parent| expected.objects.contains_key(parent))
}

fn is_facet(id: &ObjectId) -> bool {
    Class::named(id.class.as_str()).is_some_and(|class| class.naming == Naming::Facet)
}
