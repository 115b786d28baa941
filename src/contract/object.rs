//! Objects, their facts, and the contract they make up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Facts, ObjectId};

/// A line of a migration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The file, relative to the working directory where it is below it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One addressable thing of a database.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// What identifies it on both sides.
    pub id: ObjectId,
    /// The object it lives and dies with, e.g. the table of a column.
    pub parent: Option<ObjectId>,
    /// The schema it is in, for what belongs to one.
    pub schema: Option<Arc<str>>,
    /// What is compared.
    pub facts: Facts,
    /// The migration line that last touched it; known for replayed sources only.
    pub location: Option<Location>,
    /// Lines of facts that are set by statements of their own.
    pub fact_locations: BTreeMap<String, Location>,
}

impl Object {
    /// The line to show for a fact, or for the object when the fact has none of its own.
    pub fn location_of(&self, fact: Option<&str>) -> Option<&Location> {
        fact.and_then(|fact| self.fact_locations.get(fact))
            .or(self.location.as_ref())
    }

    /// A text fact, `None` when it is absent, null or no text.
    pub fn text(&self, fact: &str) -> Option<&str> {
        self.facts.get(fact).and_then(Value::as_str)
    }

    /// A yes-or-no fact; an absent one reads as no.
    pub fn is(&self, fact: &str) -> bool {
        self.facts.get(fact).and_then(Value::as_bool) == Some(true)
    }
}

/// Which server elaborated a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerVersion {
    /// As the server spells it, e.g. `15.18`.
    pub text: String,
    /// The major version, e.g. 15.
    pub major: u32,
}

/// Something that exists but was not compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// What was not compared, in words.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Gap {
    /// The reason for what was counted and whose names were hashed, and nothing more.
    pub const BY_NAME: &'static str = "this version compares no more than their names";
}

/// What was looked at, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Classes that were read.
    pub classes: BTreeSet<String>,
    /// What exists and was not compared.
    pub not_compared: BTreeSet<Gap>,
}

/// The objects of one side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contract {
    /// The server that read or elaborated it.
    pub server: ServerVersion,
    /// Every object by id.
    pub objects: BTreeMap<ObjectId, Object>,
    /// What each object cannot be without, as `pg_depend` has it; parents go without saying.
    /// Read where a plan is to be made, else empty.
    pub needs: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// Whether `needs` was read: without it there is no order to make or drop things in.
    pub knows_needs: bool,
    /// What belongs to an extension, with that one's path: it is not compared. Read with `needs`.
    pub members: BTreeMap<ObjectId, String>,
    /// What was and was not looked at.
    pub coverage: Coverage,
    /// Versions of the migrations that it holds, where that is known: those that are newer can be replayed on it.
    pub migrations: BTreeSet<String>,
}

impl Contract {
    /// Sets facts of objects that are there, such as to another spelling of the same.
    pub fn adopt(&mut self, facts: Vec<(ObjectId, String, Value)>) {
        for (id, fact, value) in facts {
            if let Some(object) = self.objects.get_mut(&id) {
                object.facts.insert(fact, value);
            }
        }
    }

    /// A hash of ids and facts: equal contracts have equal hashes, whatever server they came from.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for object in self.objects.values() {
            hasher.update(object.id.class.as_str().as_bytes());
            hasher.update(b":");
            hasher.update(object.id.path.as_bytes());
            hasher.update(b"\0");
            hasher.update(object.facts.digest());
        }
        hasher.finalize().to_hex().as_str()[..16].to_owned()
    }
}
