//! What the files around a migrations directory say about its project.

use std::path::Path;

use serde::Deserialize;

use super::super::files::Files;

/// What the files around a migrations directory say about its project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// Whether the layout is Supabase's.
    pub is_supabase: bool,
    /// `api.auto_expose_new_tables` of `supabase/config.toml`.
    pub exposes_new_objects: Option<bool>,
    /// `api.schemas` of `supabase/config.toml`.
    pub api_schemas: Option<Vec<String>>,
    /// `db.major_version` of `supabase/config.toml`.
    pub major: Option<u32>,
}

#[derive(Deserialize, Default)]
struct SupabaseConfig {
    #[serde(default)]
    api: Api,
    #[serde(default)]
    db: Db,
}

#[derive(Deserialize, Default)]
struct Api {
    auto_expose_new_tables: Option<bool>,
    schemas: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
struct Db {
    major_version: Option<u32>,
}

impl Project {
    /// This project, or the other when nothing is known of this one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_supabase { self } else { other }
    }

    /// Looks around a directory of migrations.
    pub(in crate::source) fn around(files: &dyn Files, directory: &Path) -> Self {
        let directory = super::inner(files, directory);
        if !is_supabase(files, &directory) {
            return Self::default();
        }
        let bytes = files.read(&directory.join("../config.toml"));
        let text = String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
        let config: SupabaseConfig = toml::from_str(&text).unwrap_or_default();
        Self {
            is_supabase: true,
            exposes_new_objects: config.api.auto_expose_new_tables,
            api_schemas: config.api.schemas,
            major: config.db.major_version,
        }
    }
}

/// A folder that the Supabase CLI would take migrations from.
pub(super) fn is_supabase(files: &dyn Files, directory: &Path) -> bool {
    files.full(directory).ends_with("supabase/migrations")
        || files.read(&directory.join("../config.toml")).is_ok()
}
