//! Where a rule looks from: an object in its place, on its side and opposite the other one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::classes::{Class, Naming};
use crate::contract::{ClassName, Contract, Object, ObjectId};
use crate::sql;

/// A contract with the ways through it that rules need.
#[derive(Debug)]
pub struct Whole<'a> {
    /// The contract.
    pub contract: &'a Contract,
    children: BTreeMap<&'a ObjectId, Vec<&'a Object>>,
    dependents: BTreeMap<&'a ObjectId, Vec<&'a ObjectId>>,
    /// Names among relations that are not their objects' own; most plans do not ask.
    backing: OnceLock<BTreeSet<String>>,
    /// What roles are granted on new objects without a word, the platform's defaults included.
    pub default_grants: Vec<&'a Object>,
    /// Whether the plan is for a database that may have a part of everything.
    pub is_bundle: bool,
}

impl<'a> Whole<'a> {
    /// Finds the ways through a contract.
    pub fn new(contract: &'a Contract) -> Self {
        let mut children: BTreeMap<&ObjectId, Vec<&Object>> = BTreeMap::new();
        for object in contract.objects.values() {
            if let Some(parent) = &object.parent {
                children.entry(parent).or_default().push(object);
            }
        }
        let mut dependents: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
        for (id, needs) in &contract.needs {
            for need in needs {
                dependents.entry(need).or_default().push(id);
            }
        }
        Self {
            contract,
            children,
            dependents,
            backing: OnceLock::new(),
            default_grants: Vec::new(),
            is_bundle: false,
        }
    }

    /// Whether an object cannot be without another one, however many steps away.
    pub fn reaches(&self, from: &'a ObjectId, to: &ObjectId) -> bool {
        let mut pending = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            let parent = self.get(id).and_then(|object| object.parent.as_ref());
            for need in self
                .contract
                .needs
                .get(id)
                .into_iter()
                .flatten()
                .chain(parent)
            {
                if need == to {
                    return true;
                }
                pending.push(need);
            }
        }
        false
    }

    /// The object of that id.
    pub fn get(&self, id: &ObjectId) -> Option<&'a Object> {
        self.contract.objects.get(id)
    }

    /// Whether something of another name takes this one among relations: the index behind a key.
    pub fn takes_relation(&self, path: &str) -> bool {
        let backing = self.backing.get_or_init(|| {
            let objects = self.contract.objects.values();
            let names = objects.filter_map(|object| {
                let class = Class::named(object.id.class.as_str())?;
                (class.rules.relation)(object)
            });
            names.collect()
        });
        backing.contains(path)
    }

    /// What lives and dies with an object, one level down.
    pub fn children(&self, id: &ObjectId) -> &[&'a Object] {
        self.children.get(id).map_or(&[], Vec::as_slice)
    }

    /// What cannot be without an object, its children aside.
    pub fn dependents(&self, id: &ObjectId) -> &[&'a ObjectId] {
        self.dependents.get(id).map_or(&[], Vec::as_slice)
    }
}

/// An object in its place, for a rule to write statements about.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The object: as it shall be when it is made or changed, as it is when it goes.
    pub object: &'a Object,
    /// The side that the object is taken from.
    pub whole: &'a Whole<'a>,
    /// The other side: what there is when it is made, what shall be when it goes.
    pub other: &'a Whole<'a>,
    /// Whether what contains it is made by the same plan, so that there is no data yet.
    pub is_inside_new: bool,
    /// The major version of the server that the plan is for.
    pub major: u32,
}

impl<'a> Site<'a> {
    /// The quoted, qualified name; for most classes it is what SQL says.
    pub fn path(&self) -> &'a str {
        &self.object.id.path
    }

    /// What it lives and dies with: the table of a column, the schema of a table.
    pub fn parent(&self) -> Option<&'a Object> {
        self.whole.get(self.object.parent.as_ref()?)
    }

    /// The parent's quoted, qualified name; empty without one.
    pub fn parent_path(&self) -> &'a str {
        self.object.parent.as_ref().map_or("", |id| &id.path)
    }

    /// The last part of the name, quoted: `c` of `public.t.c`.
    pub fn own_name(&self) -> &'a str {
        let path = self.path();
        path.strip_prefix(self.parent_path())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(path)
    }

    /// The parts of the name, without quotes.
    pub fn parts(&self) -> Vec<String> {
        sql::parts(self.path())
    }

    /// The last part of the name as a literal.
    pub fn name_literal(&self) -> String {
        sql::literal(self.parts().last().map_or("", String::as_str))
    }

    /// The children of one class, by id.
    pub fn children_of(&self, class: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let class = class.to_owned();
        let children: Vec<&'a Object> = self.whole.children(&self.object.id).to_vec();
        children
            .into_iter()
            .filter(move |child| child.id.class.as_str() == class)
    }

    /// Whether the other side has something of the same name that is of another class: a view that became
    /// a materialized one; or an index that a key has. Then `drop … if exists` fails the second time.
    pub fn is_succeeded(&self) -> bool {
        let classes = Class::ALL
            .iter()
            .filter(|class| class.naming != Naming::Facet);
        let mut ids = classes
            .map(|class| ObjectId::new(ClassName::new(class.name), self.object.id.path.clone()));
        ids.any(|id| id != self.object.id && self.other.get(&id).is_some())
            || self.other.takes_relation(self.path())
    }

    /// Whether its table becomes a partition: then what it has becomes part of what the whole has, and
    /// cannot be dropped any more.
    pub fn joins_a_whole(&self) -> bool {
        let table = self
            .object
            .parent
            .as_ref()
            .and_then(|id| self.other.get(id));
        table.is_some_and(|table| table.text("partition_bound").is_some())
    }

    /// The same place with another object of the same side.
    pub fn at(&self, object: &'a Object) -> Self {
        Self { object, ..*self }
    }

    /// The columns, quoted, that tell the rows of a table from each other as they are now: its primary key,
    /// else where they lie.
    pub fn key_of(&self, table: &str) -> Vec<String> {
        let id = ObjectId::new(ClassName::new("table"), table);
        let mut children = self.other.children(&id).iter();
        let key = children.find(|child| child.text("kind") == Some("primary key"));
        key.map_or_else(
            || vec!["ctid".to_owned()],
            |key| {
                let columns = texts(key, "columns").into_iter();
                columns.map(sql::identifier).collect()
            },
        )
    }

    /// A text fact; empty when it is absent.
    pub fn text(&self, fact: &str) -> &'a str {
        self.object.text(fact).unwrap_or_default()
    }

    /// A list fact of texts; empty when it is absent.
    pub fn list(&self, fact: &str) -> Vec<&'a str> {
        texts(self.object, fact)
    }
}

/// A list fact of texts; empty when it is absent.
pub(in crate::classes) fn texts<'a>(object: &'a Object, fact: &str) -> Vec<&'a str> {
    let list = object.facts.get(fact).and_then(serde_json::Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect()
}
