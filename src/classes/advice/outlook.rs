//! What rules ask a contract: objects by class and by parent, and who reaches them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Class, column, grant, policy, schema};
use super::{Api, Statistics, expression};
use crate::classes::rules::texts;
use crate::contract::{ClassName, Contract, Gap, Object, ObjectId};
use crate::sql;

/// A contract as rules look at it.
#[derive(Debug)]
pub struct Outlook<'a> {
    whole: &'a Contract,
    ours: &'a Contract,
    api: &'a Api,
    statistics: Option<&'a Statistics>,
    inside: BTreeMap<&'a ObjectId, Vec<&'a Object>>,
}

impl<'a> Outlook<'a> {
    /// `whole` is all that was read, `ours` what of it people made: that alone is advised on.
    pub fn new(
        whole: &'a Contract,
        ours: &'a Contract,
        api: &'a Api,
        statistics: Option<&'a Statistics>,
    ) -> Self {
        let mut inside: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
        for object in whole.objects.values() {
            if let Some(parent) = &object.parent {
                inside.entry(parent).or_default().push(object);
            }
        }
        Self {
            whole,
            ours,
            api,
            statistics,
            inside,
        }
    }

    /// What requests can name.
    pub(in crate::classes) fn api(&self) -> &'a Api {
        self.api
    }

    /// What a running server counted.
    pub(in crate::classes) fn statistics(&self) -> Option<&'a Statistics> {
        self.statistics
    }

    /// The server's major version.
    pub(in crate::classes) fn major(&self) -> u32 {
        self.whole.server.major
    }

    /// What people made of a class.
    pub(in crate::classes) fn ours(&self, class: &Class) -> impl Iterator<Item = &'a Object> {
        let name = class.name;
        let objects = self.ours.objects.values();
        objects.filter(move |object| object.id.class.as_str() == name)
    }

    /// What people made, of that class and path.
    pub(in crate::classes) fn our(&self, class: &Class, path: &str) -> Option<&'a Object> {
        self.ours.objects.get(&id(class, path))
    }

    /// All of a class, the platform's included.
    pub(in crate::classes) fn all(&self, class: &Class) -> impl Iterator<Item = &'a Object> {
        let name = class.name;
        let objects = self.whole.objects.values();
        objects.filter(move |object| object.id.class.as_str() == name)
    }

    /// Whatever is there of that class and path, the platform's included.
    pub(in crate::classes) fn any(&self, class: &Class, path: &str) -> Option<&'a Object> {
        self.whole.objects.get(&id(class, path))
    }

    /// What an object has of a class.
    pub(in crate::classes) fn inside(&self, id: &ObjectId, class: &Class) -> Vec<&'a Object> {
        let name = class.name;
        let objects = self.inside.get(id).into_iter().flatten().copied();
        objects
            .filter(|object| object.id.class.as_str() == name)
            .collect()
    }

    /// What an object belongs to, whoever made that.
    pub(in crate::classes) fn parent(&self, object: &Object) -> Option<&'a Object> {
        self.whole.objects.get(object.parent.as_ref()?)
    }

    /// The roles of requests that have one of these privileges on what requests can name.
    pub(in crate::classes) fn who_reaches(
        &self,
        object: &Object,
        privileges: &[&str],
    ) -> Vec<&'a str> {
        let Some(schema) = object.schema.as_deref() else {
            return Vec::new();
        };
        if !self.api.schemas.contains(schema) {
            return Vec::new();
        }
        let schema = self.any(&schema::CLASS, &sql::identifier(schema));
        let mut roles = self.who_has(&object.id, privileges);
        // A contract that was saved may not hold a schema that nothing is said of.
        roles.retain(|role| {
            schema.is_none_or(|schema| self.is_granted(&schema.id, role, &["USAGE"]))
        });
        roles
    }

    /// The roles of requests that have one of these privileges, on a column at least.
    fn who_has(&self, id: &ObjectId, privileges: &[&str]) -> Vec<&'a str> {
        let roles = self.api.roles.iter().map(String::as_str);
        let columns = self.inside(id, &column::CLASS);
        roles
            .filter(|role| {
                let mut ids = columns.iter().map(|column| &column.id).chain([id]);
                ids.any(|id| self.is_granted(id, role, privileges))
            })
            .collect()
    }

    /// Whether a role of requests has one of these privileges on an object, or on a column of it where it is a relation.
    pub(in crate::classes) fn is_granted(
        &self,
        id: &ObjectId,
        role: &str,
        privileges: &[&str],
    ) -> bool {
        self.inside(id, &grant::CLASS).into_iter().any(|object| {
            self.api
                .has_rights_of(role, grant::grantee(&object.id.path))
                && texts(object, "privileges").iter().any(|privilege| {
                    privileges.contains(&privilege.trim_end_matches(" WITH GRANT OPTION"))
                })
        })
    }

    /// What no rule looked at, whatever it needs.
    pub(super) fn gaps(&self) -> BTreeSet<Gap> {
        let mut gaps: BTreeSet<Gap> = self.api.gap().into_iter().collect();
        for object in self.ours(&policy::CLASS) {
            let texts = ["using", "check"].map(|fact| object.text(fact));
            if texts
                .into_iter()
                .flatten()
                .any(|text| expression::Parsed::expression(text).is_none())
            {
                gaps.insert(Gap {
                    what: format!("what the conditions of policy {} call", object.id.path),
                    why: "they cannot be parsed".to_owned(),
                });
            }
        }
        if let Some(hidden) = self
            .statistics
            .map(|statistics| statistics.hidden_sequences)
            && hidden > 0
        {
            gaps.insert(Gap {
                what: format!("how far {hidden} sequences have come"),
                why: "the role that asks has neither select nor usage on them".to_owned(),
            });
        }
        gaps
    }
}

fn id(class: &Class, path: &str) -> ObjectId {
    ObjectId::new(ClassName::new(class.name), path)
}
