//! Names of classes and objects.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name of an object class as it stands in ids and codes, e.g. `policy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(Arc<str>);

impl ClassName {
    /// Takes the name as the registry spells it.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What identifies an object on both sides: its class and its quoted, qualified name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The class the object belongs to.
    pub class: ClassName,
    /// The quoted, qualified name, e.g. `public.invitations."Members can read"`.
    pub path: Arc<str>,
}

impl ObjectId {
    /// Joins a class and a path that is quoted already.
    pub fn new(class: ClassName, path: impl Into<Arc<str>>) -> Self {
        Self {
            class,
            path: path.into(),
        }
    }

    /// Reads the `class:path` spelling; `None` when there is no colon.
    pub fn parse(text: &str) -> Option<Self> {
        let (class, path) = text.split_once(':')?;
        Some(Self::new(ClassName::new(class), path))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.class, self.path)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!("object id {text:?} is not spelled class:name"))
        })
    }
}
