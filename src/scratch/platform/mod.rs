//! What a scratch holds before the first migration: the platform's roles, schemas and functions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::classes::{
    pattern_of_event_trigger, pattern_of_extension, pattern_of_grant, pattern_of_publication,
    pattern_of_role,
};
use crate::contract::Pattern;
use crate::inspect::{Scope, Watch};
use crate::sql;

/// Whose environment the migrations are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Supabase: API roles, `auth`, `storage` and the other schemas around a project.
    Supabase,
    /// A server with nothing on it but what Postgres brings.
    Plain,
}

/// A platform with what a project chooses of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The platform.
    pub platform: Platform,
    /// The role that migrations run as, and that owns what they make.
    pub migration_role: String,
    /// Whether new objects in `public` are open to the API roles by default
    /// (`api.auto_expose_new_tables` of `supabase/config.toml`).
    pub exposes_new_objects: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    schemas: BTreeSet<String>,
    extensions: Vec<String>,
    event_triggers: Vec<String>,
    publications: Vec<String>,
    roles: Vec<String>,
    grants: Vec<String>,
    api_roles: BTreeSet<String>,
    memberships: Vec<String>,
    settings: Vec<String>,
    guarded: BTreeSet<String>,
    closed: BTreeSet<String>,
    watched: BTreeSet<String>,
    old_objects: Vec<String>,
}

impl Lists {
    /// Patterns of what the platform keeps outside of its schemas.
    fn patterns(&self) -> Vec<String> {
        let extensions = self
            .extensions
            .iter()
            .map(|name| pattern_of_extension(name));
        let roles = self.roles.iter().map(|name| pattern_of_role(name));
        let grants = self.grants.iter().map(|path| pattern_of_grant(path));
        let on_database = self.roles.iter().map(String::as_str).chain(["postgres"]);
        let on_database = on_database.map(|name| {
            pattern_of_grant(&format!("database (current) to {}", sql::identifier(name)))
        });
        let members = self.memberships.iter();
        let members = members.map(|path| format!("role-membership:{path}"));
        let settings = self.settings.iter();
        let settings = settings.map(|path| format!("database-setting:{path}"));
        let triggers = self.event_triggers.iter();
        let triggers = triggers.map(|name| pattern_of_event_trigger(name));
        let publications = self.publications.iter();
        let publications = publications.map(|name| pattern_of_publication(name));
        let all = extensions.chain(triggers).chain(publications);
        let all = all.chain(roles).chain(grants).chain(on_database);
        all.chain(members).chain(settings).collect()
    }
}

impl Platform {
    /// The role that migrations run as unless the live database says otherwise.
    pub const USUAL_ROLE: &'static str = "postgres";

    /// The word that is printed and configured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supabase => "supabase",
            Self::Plain => "plain",
        }
    }

    /// What is compared on this platform; `schemas` narrows it.
    pub fn scope(self, schemas: Vec<Pattern>) -> Scope {
        let mut scope = Scope {
            schemas,
            ..Scope::default()
        };
        if self == Self::Supabase {
            let lists: Lists = toml::from_str(include_str!("supabase.toml"))
                .expect("the list is checked by a test");
            let patterns = lists.patterns().into_iter();
            let parsed = |texts: Vec<String>| -> Vec<Pattern> {
                let patterns = texts.iter().map(|text| Pattern::parse(text));
                patterns
                    .collect::<Result<_, _>>()
                    .expect("names of the list hold no brackets")
            };
            scope.platform_objects = parsed(patterns.collect());
            scope.watch = Watch {
                roles: lists.roles.into_iter().collect(),
                api_roles: lists.api_roles,
                guarded: lists.guarded,
                closed: lists.closed,
                schemas: lists.watched,
                old_objects: parsed(lists.old_objects),
            };
            scope.platform_schemas = lists.schemas;
        }
        scope
    }
}

impl Environment {
    /// The superuser's name: on Supabase it is one that migrations may name. It is never the migration role's, which is
    /// no superuser.
    pub(super) fn admin(&self) -> &'static str {
        match self.platform {
            Platform::Supabase => "supabase_admin",
            Platform::Plain if self.migration_role == "pgpact_admin" => "pgpact_superuser",
            Platform::Plain => "pgpact_admin",
        }
    }

    /// The scripts to run as superuser, in order.
    pub(super) fn scripts(&self, is_private: bool) -> Vec<String> {
        let mut scripts = match self.platform {
            Platform::Supabase => {
                let mut scripts = vec![
                    ADMIN.to_owned(),
                    SUPABASE_ROLES.to_owned(),
                    REGISTER.to_owned(),
                ];
                scripts.extend(SUPABASE_STANDINS.iter().map(|script| (*script).to_owned()));
                scripts.extend(SUPABASE.iter().map(|script| (*script).to_owned()));
                if !self.exposes_new_objects {
                    scripts.push(include_str!("supabase/unexposed.sql").to_owned());
                }
                scripts
            }
            Platform::Plain => {
                let owner = sql::identifier(&self.migration_role);
                vec![
                    include_str!("plain.sql").replace("{{owner}}", &owner),
                    REGISTER.to_owned(),
                ]
            }
        };
        if is_private {
            scripts.push(include_str!("contain.sql").to_owned());
        }
        scripts
    }
}

/// Stand-ins know how to make themselves known; see the file.
const REGISTER: &str = include_str!("standins/register.sql");

/// What every Supabase project has, and a server may lack.
const SUPABASE_STANDINS: &[&str] = &[
    include_str!("standins/pgcrypto.sql"),
    include_str!("standins/uuid-ossp.sql"),
    include_str!("standins/pg_stat_statements.sql"),
    include_str!("standins/supabase_vault.sql"),
    include_str!("standins/pg_graphql.sql"),
];

/// On a server that somebody named, the platform's superuser may be missing; it only owns things there.
const ADMIN: &str = "do $$ begin if to_regrole('supabase_admin') is null then create role supabase_admin nologin; end if; end $$";

const SUPABASE_ROLES: &str = include_str!("supabase/roles.sql");

const SUPABASE: &[&str] = &[
    include_str!("supabase/schemas.sql"),
    include_str!("supabase/auth.sql"),
    include_str!("supabase/storage.sql"),
    include_str!("supabase/realtime.sql"),
    include_str!("supabase/services.sql"),
    include_str!("supabase/extensions.sql"),
    include_str!("supabase/grants.sql"),
];

/// The script that defines the stand-in of an extension, for those that have one.
pub(super) fn standin(extension: &str) -> Option<&'static str> {
    STANDINS
        .iter()
        .find(|(name, _)| *name == extension)
        .map(|(_, script)| *script)
}

const STANDINS: &[(&str, &str)] = &[
    ("http", include_str!("standins/http.sql")),
    ("hypopg", include_str!("standins/hypopg.sql")),
    ("index_advisor", include_str!("standins/index_advisor.sql")),
    ("pg_cron", include_str!("standins/pg_cron.sql")),
    ("pg_graphql", include_str!("standins/pg_graphql.sql")),
    ("pg_jsonschema", include_str!("standins/pg_jsonschema.sql")),
    ("pg_net", include_str!("standins/pg_net.sql")),
    (
        "pg_stat_statements",
        include_str!("standins/pg_stat_statements.sql"),
    ),
    ("pg_tle", include_str!("standins/pg_tle.sql")),
    ("pgcrypto", include_str!("standins/pgcrypto.sql")),
    ("pgjwt", include_str!("standins/pgjwt.sql")),
    ("pgmq", include_str!("standins/pgmq.sql")),
    ("pgsodium", include_str!("standins/pgsodium.sql")),
    ("pgtap", include_str!("standins/pgtap.sql")),
    ("plpgsql_check", include_str!("standins/plpgsql_check.sql")),
    ("postgis", include_str!("standins/postgis.sql")),
    (
        "supabase_vault",
        include_str!("standins/supabase_vault.sql"),
    ),
    ("uuid-ossp", include_str!("standins/uuid-ossp.sql")),
    ("vector", include_str!("standins/vector.sql")),
    ("wrappers", include_str!("standins/wrappers.sql")),
];
