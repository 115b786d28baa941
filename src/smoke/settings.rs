//! What is probed, and how: what flags and configuration come to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::contract::Pattern;

/// What a smoke test is to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who requests run as.
    pub roles: Roles,
    /// Schemas whose names must match one of these to be probed; empty lets all pass.
    pub schemas: Vec<Pattern>,
    /// Schemas of the API, when they are not to be found by looking.
    pub api_schemas: Vec<String>,
    /// Tables whose rows a visitor must not see, besides those that refer to users.
    pub owner_only: Vec<Pattern>,
    /// Who should be able to execute which functions, by pattern, where no contract says so.
    pub executors: Vec<(Pattern, Vec<String>)>,
    /// Functions that can be called without harm.
    pub calls: Vec<Call>,
    /// Tables in which a row is inserted, selected, updated and deleted.
    pub tables: Vec<Table>,
    /// Whether that may be done at all.
    pub allows_writes: bool,
    /// What takes longer is reported.
    pub slow: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
}

/// The roles that requests run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// A visitor.
    pub anon: String,
    /// Somebody who signed in.
    pub authenticated: String,
    /// The application's servers.
    pub service: String,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            anon: "anon".to_owned(),
            authenticated: "authenticated".to_owned(),
            service: "service_role".to_owned(),
        }
    }
}

impl Roles {
    /// All of them.
    pub fn all(&self) -> [&str; 3] {
        [&self.anon, &self.authenticated, &self.service]
    }
}

/// A function that can be called without harm.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its qualified name; argument types after it are for the reader.
    pub function: String,
    /// Arguments by name.
    pub arguments: Map<String, Value>,
    /// Who calls it; empty means the service role.
    pub roles: Vec<String>,
    /// Claims of the caller besides its role.
    pub claims: Map<String, Value>,
}

/// A table in which a row is inserted, selected, updated and deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its qualified name.
    pub name: String,
    /// Who does it; none is the service role.
    pub role: Option<String>,
    /// Claims besides the role.
    pub claims: Map<String, Value>,
    /// Values by column, where they are not to be found by looking.
    pub row: BTreeMap<String, Value>,
    /// The column that holds the mark of a row written over REST.
    pub marker: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            roles: Roles::default(),
            schemas: Vec::new(),
            api_schemas: Vec::new(),
            owner_only: Vec::new(),
            executors: Vec::new(),
            calls: Vec::new(),
            tables: Vec::new(),
            allows_writes: false,
            slow: Duration::from_millis(1_000),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

impl Table {
    /// A table about which nothing else is said.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: None,
            claims: Map::new(),
            row: BTreeMap::new(),
            marker: None,
        }
    }
}

impl Settings {
    /// Whether a schema is to be probed.
    pub(super) fn admits(&self, schema: &str) -> bool {
        self.schemas.is_empty()
            || self
                .schemas
                .iter()
                .any(|pattern| pattern.matches_text(schema))
    }
}
