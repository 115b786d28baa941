//! Facts: the attributes of a class that are compared.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Printed;
use crate::contract::Facts;
use crate::sql;

/// Which kind of statement last touched something, so that a finding points at the right line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Whatever creates or alters the object itself.
    Definition,
    /// `alter table … enable, disable, force row level security`.
    RowSecurity,
    /// `… owner to …`.
    Owner,
    /// `grant` and `revoke`.
    Grant,
    /// `comment on`.
    Comment,
    /// `alter table … enable, disable trigger`.
    TriggerState,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 6] = [
        Self::Definition,
        Self::RowSecurity,
        Self::Owner,
        Self::Grant,
        Self::Comment,
        Self::TriggerState,
    ];

    /// The word the replay's ledger keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::RowSecurity => "row-security",
            Self::Owner => "owner",
            Self::Grant => "grant",
            Self::Comment => "comment",
            Self::TriggerState => "trigger-state",
        }
    }
}

/// One compared attribute of a class.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// The name in reports, e.g. `row_security`.
    pub name: &'static str,
    /// What it says, for the documentation.
    pub meaning: &'static str,
    /// Which statements set it.
    pub aspect: Aspect,
    /// Why no statement changes it, for what is decided when the object is made.
    pub stays: Option<&'static str>,
    /// The first major version that can say it.
    pub since: u32,
    /// What its text is, when Postgres prints it from something parsed.
    pub printed: Option<Printed>,
}

impl Fact {
    pub(super) const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            meaning,
            aspect: Aspect::Definition,
            stays: None,
            since: 0,
            printed: None,
        }
    }

    /// No statement changes it on an object that is there, for a reason.
    pub(super) const fn that_stays(mut self, why: &'static str) -> Self {
        self.stays = Some(why);
        self
    }

    pub(super) const fn set_by(mut self, aspect: Aspect) -> Self {
        self.aspect = aspect;
        self
    }

    /// Versions before do not know it: compared with one of them it is left out.
    pub(super) const fn since(mut self, major: u32) -> Self {
        self.since = major;
        self
    }

    pub(super) const fn printed(mut self, printed: Printed) -> Self {
        self.printed = Some(printed);
        self
    }
}

/// Checks a row's JSON against the typed facts of a class; null facts are left out.
pub(super) fn decode<F: DeserializeOwned + Serialize>(json: &str) -> serde_json::Result<Facts> {
    let typed: F = serde_json::from_str(json)?;
    let Value::Object(mut facts) = serde_json::to_value(typed)? else {
        unreachable!("facts are structs, and structs serialise to objects")
    };
    facts.retain(|_, value| !value.is_null());
    Ok(facts.into())
}

/// A qualified name: read as its parts, shown quoted.
#[derive(Debug)]
pub(super) struct Name(Vec<String>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&sql::qualified(&self.0))
    }
}

/// A name with more to it, such as a function's arguments: read as its segments, shown as SQL spells it.
///
/// A segment that is a list is a qualified name to be quoted, a text stands as it is.
#[derive(Debug)]
pub(super) struct Spelled(Vec<Segment>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Segment {
    Plain(String),
    Name(Vec<String>),
}

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Plain(plain) => text += plain,
                Segment::Name(parts) => text += &sql::qualified(parts),
            }
        }
        serializer.serialize_str(&text)
    }
}
