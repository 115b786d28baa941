//! What there is to fill and to try: relations, functions and rights, read from the scratch's catalogs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sqlx::{PgConnection, Row as _};

use crate::error::Result;
use crate::sql;

/// Everything that is tried, and what it stands on.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    pub relations: Vec<Relation>,
    pub functions: Vec<Function>,
    /// Roles that row-level security does not hold.
    pub bypassing: BTreeSet<String>,
}

/// A table, view, materialized view or foreign table.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Relation {
    pub oid: i64,
    pub schema: String,
    pub name: String,
    pub kind: String,
    pub owner: String,
    /// Whether row-level security is on.
    pub secured: bool,
    pub partition: bool,
    /// The whole it is a partition of.
    pub parent: Option<i64>,
    /// Whether the API shows it.
    pub exposed: bool,
    /// Whether a view runs with its caller's rights.
    pub invoker: bool,
    /// What `pg_relation_is_updatable` says of a view.
    pub updatable: i32,
    pub columns: Vec<Column>,
    pub keys: Vec<Key>,
    /// Columns that any unique index is made of.
    pub unique: BTreeSet<String>,
    pub references: Vec<Reference>,
    pub checks: Vec<Check>,
    /// The bounds of its partitions.
    pub bounds: Vec<String>,
    pub partitioned_by: BTreeSet<String>,
    pub policies: Vec<Policy>,
    pub triggers: Vec<Trigger>,
    /// What each actor's role may do with which columns.
    pub granted: Option<BTreeMap<String, Granted>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    /// The type's own name, under any domain.
    pub base: String,
    pub length: Option<usize>,
    pub kind: String,
    pub category: String,
    pub required: bool,
    pub default: Option<String>,
    pub identity: String,
    pub generated: String,
    pub labels: Vec<String>,
    /// Checks of its domain.
    pub checks: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Key {
    pub name: String,
    pub primary: bool,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reference {
    pub name: String,
    pub columns: Vec<String>,
    pub target: i64,
    pub target_columns: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Check {
    pub name: String,
    pub text: String,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Policy {
    pub name: String,
    /// As `pg_policy.polcmd`: `r`, `a`, `w`, `d` or `*`.
    pub command: String,
    pub permissive: bool,
    pub roles: Vec<String>,
    pub using: Option<String>,
    pub check: Option<String>,
    /// Functions of the project that it calls.
    pub functions: Vec<String>,
    /// Other relations that it reads.
    pub relations: BTreeSet<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Trigger {
    pub name: String,
    pub enabled: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Granted {
    pub select: BTreeSet<String>,
    pub insert: BTreeSet<String>,
    pub update: BTreeSet<String>,
    pub delete: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Function {
    pub schema: String,
    pub name: String,
    pub inputs: Vec<Input>,
    pub definer: bool,
    pub procedure: bool,
    pub owner: String,
    pub body: String,
    pub exposed: bool,
    /// Actors' roles that may execute it.
    pub callers: BTreeSet<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Input {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub base: String,
    pub category: String,
    pub labels: Vec<String>,
    pub variadic: bool,
}

impl Model {
    /// Reads it as the superuser: catalogs only.
    pub(super) async fn read(
        admin: &mut PgConnection,
        exposed: &[String],
        platform: &[String],
        roles: &[String],
    ) -> Result<Self> {
        let row = sqlx::query(include_str!("model.sql"))
            .bind(exposed)
            .bind(platform)
            .bind(roles)
            .persistent(false)
            .fetch_one(admin)
            .await
            .map_err(super::broken)?;
        let text: String = row.try_get(0).map_err(super::broken)?;
        serde_json::from_str(&text).map_err(|error| super::strange(&error.to_string()))
    }

    pub(super) fn relation(&self, oid: i64) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.oid == oid)
    }

    pub(super) fn named(&self, schema: &str, name: &str) -> Option<&Relation> {
        let mut relations = self.relations.iter();
        relations.find(|relation| relation.schema == schema && relation.name == name)
    }
}

impl Relation {
    /// The quoted, qualified name.
    pub(super) fn path(&self) -> String {
        sql::qualified(&[&self.schema, &self.name])
    }

    /// Whether it holds rows of its own that can be written.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p")
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn primary_key(&self) -> &[String] {
        let key = self.keys.iter().find(|key| key.primary);
        key.or(self.keys.first()).map_or(&[], |key| &key.columns)
    }

    /// Whether a policy lets a role read everything and says by its name that everybody is meant to.
    pub(super) fn is_declared_open(&self, role: &str) -> bool {
        let words = [
            "public",
            "everyone",
            "everybody",
            "anyone",
            "anybody",
            "visitor",
        ];
        self.policies.iter().any(|policy| {
            let name = policy.name.to_ascii_lowercase();
            let is_said = words.iter().any(|word| name.contains(word));
            is_said
                && policy.permissive
                && policy.applies("r", role)
                && policy.using.as_deref() == Some("true")
        })
    }

    /// What a role may do with it.
    pub(super) fn granted(&self, role: &str) -> Granted {
        let granted = self.granted.as_ref().and_then(|all| all.get(role));
        granted.cloned().unwrap_or_default()
    }
}

impl Policy {
    /// Both expressions, as Postgres prints them.
    pub(super) fn text(&self) -> String {
        let parts = [self.using.as_deref(), self.check.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// Whether it speaks of a command and a role.
    pub(super) fn applies(&self, command: &str, role: &str) -> bool {
        let is_for = self.command == "*" || self.command == command;
        is_for
            && self
                .roles
                .iter()
                .any(|name| name == "public" || name == role)
    }
}

impl Function {
    pub(super) fn path(&self) -> String {
        sql::qualified(&[&self.schema, &self.name])
    }

    /// As reports name functions: with the types of the arguments.
    pub(super) fn signature(&self) -> String {
        let types: Vec<&str> = self.inputs.iter().map(|input| &*input.type_name).collect();
        format!("{}({})", self.path(), types.join(", "))
    }
}
