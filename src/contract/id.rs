//! Names of classes and objects.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name of an object class as it stands in ids and codes, e.g. `policy`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassName(Arc<str>);

/// One copy of each name for all contracts: equal ones are told by where they are, which ids are compared by.
static NAMES: LazyLock<RwLock<BTreeSet<Arc<str>>>> = LazyLock::new(RwLock::default);

impl ClassName {
    /// Takes the name as the registry spells it.
    pub fn new(name: &str) -> Self {
        let known = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(name) {
            return Self(known.clone());
        }
        drop(known);
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        let new: Arc<str> = name.into();
        // Another thread may have been first: then its copy stays.
        names.insert(new.clone());
        Self(names.get(name).cloned().unwrap_or(new))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for ClassName {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for ClassName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
