//! What a replay does with the superuser's connection on behalf of a migration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::scratch::platform;
use crate::sql;

/// The superuser's connection. It never runs text of a migration, but for statements that name no
/// function to be called, with the event triggers of the migrations switched off.
pub(in crate::scratch) struct Admin {
    connection: PgConnection,
    extensions: Extensions,
}

/// Stand-ins of extensions: scripts that were loaded, and those that were made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Extensions {
    loaded: BTreeSet<String>,
    standins: BTreeSet<String>,
}

/// How an extension came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    Real,
    StandIn,
    Empty,
    AlreadyThere,
}

impl Admin {
    pub(super) async fn new(mut connection: PgConnection) -> Result<Self, sqlx::Error> {
        // A lock that the migration holds must not stop us both.
        let setup = "set search_path = pg_catalog; set standard_conforming_strings = on; \
                     set session_replication_role = replica; set lock_timeout = '5s'";
        connection.execute(sqlx::raw_sql(setup)).await?;
        Ok(Self {
            connection,
            extensions: Extensions::default(),
        })
    }

    pub(in crate::scratch) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// What is known of stand-ins.
    pub(super) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Goes on with what was known.
    pub(super) fn resume(&mut self, extensions: Extensions) {
        self.extensions = extensions;
    }

    /// Runs a statement that the platform runs for its users.
    pub(super) async fn run(&mut self, text: &str, at: &str) -> Result<(), sqlx::Error> {
        self.say_where(at).await?;
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned())))
            .await?;
        Ok(())
    }

    /// Makes an extension real, or else its stand-in.
    pub(super) async fn create_extension(
        &mut self,
        name: &str,
        schema: &str,
        at: &str,
    ) -> Result<Extension, sqlx::Error> {
        self.say_where(at).await?;
        self.load_standin(name).await?;
        let query = format!(
            "select _stub.create_extension({}, {})",
            sql::literal(name),
            sql::literal(schema)
        );
        let row = self
            .connection
            .fetch_one(sqlx::raw_sql(AssertSqlSafe(query)))
            .await?;
        let outcome: String = row.try_get_unchecked(0)?;
        // Asking for one that the platform has makes it the project's.
        let touch = format!(
            "insert into _pgpact.touched
             select 'pg_extension'::regclass, oid, 0, 'definition', {}, null from pg_extension where extname = {}
             on conflict (class_oid, object_oid, sub_id, aspect) do update set statement = excluded.statement",
            at.split(' ').next().unwrap_or("0"),
            sql::literal(name),
        );
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(touch)))
            .await?;
        let outcome = match outcome.as_str() {
            "real" => Extension::Real,
            "already there" => Extension::AlreadyThere,
            "stand-in" => Extension::StandIn,
            _ => Extension::Empty,
        };
        if outcome == Extension::StandIn {
            self.extensions.standins.insert(name.to_owned());
        }
        Ok(outcome)
    }

    /// Makes a role that nobody can log in as.
    pub(super) async fn create_role(&mut self, name: &str) -> Result<(), sqlx::Error> {
        // No statement made it, see `look` in the ledger.
        let create = format!(
            "create role {} nologin;
             insert into _pgpact.touched
             select 'pg_authid'::regclass, oid, 0, 'definition', -1, null from pg_authid where rolname = {}
             on conflict do nothing",
            sql::identifier(name),
            sql::literal(name)
        );
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(create)))
            .await?;
        Ok(())
    }

    /// Lets a role do what every role may that is no superuser.
    pub(super) async fn grant_all_roles(&mut self, to: &str) -> Result<(), sqlx::Error> {
        grant_all_roles(&mut self.connection, to).await
    }

    /// Puts storage parameters that a stand-in's access method refuses where Postgres keeps them.
    pub(super) async fn set_index_options(
        &mut self,
        statement: usize,
        options: &[String],
    ) -> Result<(), sqlx::Error> {
        let list: Vec<String> = options.iter().map(|option| sql::literal(option)).collect();
        let update = format!(
            "update pg_class c set reloptions = array[{}]
             from _pgpact.events e
             where e.class_oid = 'pg_class'::regclass and e.object_oid = c.oid and e.statement = {statement}
               and c.relkind in ('i', 'I')",
            list.join(", ")
        );
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(update)))
            .await?;
        Ok(())
    }

    /// Whether a stand-in was made for an extension.
    pub(super) fn is_standin(&self, name: &str) -> bool {
        self.extensions.standins.contains(name)
    }

    async fn load_standin(&mut self, name: &str) -> Result<(), sqlx::Error> {
        let Some(script) = platform::standin(name) else {
            return Ok(());
        };
        let known = format!(
            "select exists (select from pg_proc where pronamespace = '_stub'::regnamespace and proname = {})::text",
            sql::literal(name)
        );
        let row = self
            .connection
            .fetch_one(sqlx::raw_sql(AssertSqlSafe(known)))
            .await?;
        if self.extensions.loaded.insert(name.to_owned())
            && row.try_get_unchecked::<String, _>(0)? == "false"
        {
            self.connection.execute(sqlx::raw_sql(script)).await?;
        }
        Ok(())
    }

    async fn say_where(&mut self, at: &str) -> Result<(), sqlx::Error> {
        let set = format!(
            "select set_config('pgpact.at', {}, false)",
            sql::literal(at)
        );
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(set)))
            .await?;
        Ok(())
    }
}

/// Makes a role a member of every role that is no superuser.
pub(in crate::scratch) async fn grant_all_roles(
    connection: &mut PgConnection,
    to: &str,
) -> Result<(), sqlx::Error> {
    let body = format!(
            "declare r record;
             begin
               for r in select rolname from pg_roles
                 where not rolsuper and oid >= 16384 and rolname <> {0} and not pg_has_role({0}, oid, 'member')
               loop
                 execute format('grant %I to %I', r.rolname, {0});
               end loop;
             end",
            sql::literal(to)
        );
    let block = format!("do {}", sql::literal(&body));
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(block)))
        .await?;
    Ok(())
}
