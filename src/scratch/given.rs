//! A scratch database on a server that somebody named: made, and dropped whatever happens.

use std::collections::BTreeSet;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _};

use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Connection;
use crate::sql;

const PREFIX: &str = "pgpact_scratch_";
/// The lock under which the platform's roles are made.
const SETUP: &str = "pgpact_setup";
const LOGIN_PREFIX: &str = "pgpact_login_";

/// A database of our own on somebody's server. Dropping it drops the database and the roles it brought.
#[derive(Debug)]
pub(super) struct Given {
    server: PgConnectOptions,
    database: String,
    login: String,
    password: SecretString,
    roles_before: BTreeSet<String>,
    /// Holds the lock that tells other runs that we are alive.
    guard: PgConnection,
}

impl Given {
    /// Makes the database. The server must be there for such work: it gets roles, and must let us be superuser.
    pub(super) async fn start(url: &SecretString, migration_role: &str) -> Result<Self> {
        let server = PgConnectOptions::from_str(url.expose_secret()).map_err(|_| {
            Error::new(
                ErrorCode::ConfigInvalid,
                "the connection string of --scratch cannot be read",
            )
            .with_help("Spell it postgres://user:password@host:5432/database.")
        })?;
        let server = server
            .disable_statement_logging()
            .statement_cache_capacity(0);
        let target = Connection::from_options(server.clone());
        let mut guard = target
            .connect(Duration::from_secs(20))
            .await
            .map_err(|error| {
                let help = error.help().unwrap_or_default().to_owned();
                Error::new(
                    ErrorCode::ScratchUnavailable,
                    format!("the server of --scratch is out of reach: {}", error.chain()),
                )
                .with_help(help)
            })?;
        check(&mut guard, migration_role).await?;
        sweep(&mut guard).await.map_err(failed)?;
        let suffix = format!("{:016x}", random());
        let name = format!("{PREFIX}{suffix}");
        lock(&mut guard, &name).await.map_err(failed)?;
        // Roles are the whole server's: two runs making them at once would trip over each other.
        lock(&mut guard, SETUP).await.map_err(failed)?;
        let roles_before = roles(&mut guard).await.map_err(failed)?;
        let given = Self {
            server,
            login: format!("{LOGIN_PREFIX}{suffix}"),
            password: format!("{:016x}{:016x}", random(), random()).into(),
            database: name,
            roles_before,
            guard,
        };
        given
            .run(&format!(
                "create database {} template template0 encoding 'UTF8'",
                given.database
            ))
            .await?;
        Ok(given)
    }

    /// Lets the migration role in, by a login of our own: nobody's password is touched.
    pub(super) async fn let_in(&mut self, migration_role: &str) -> Result<()> {
        let (login, role) = (
            sql::identifier(&self.login),
            sql::identifier(migration_role),
        );
        let password = sql::literal(self.password.expose_secret());
        self.run(&format!(
            "create role {login} login password {password} in role {role}"
        ))
        .await?;
        self.run(&format!("alter role {login} set role to {role}"))
            .await?;
        unlock(&mut self.guard, SETUP).await.map_err(failed)
    }

    /// The login that stands for the migration role.
    pub(super) fn login(&self) -> &str {
        &self.login
    }

    /// How to connect to the scratch database as superuser.
    pub(super) fn admin_options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.database)
    }

    /// How to connect as the migration role.
    pub(super) fn migration_options(&self) -> PgConnectOptions {
        self.admin_options()
            .username(&self.login)
            .password(self.password.expose_secret())
    }

    async fn run(&self, text: &str) -> Result<()> {
        run(&self.server, text).await.map_err(failed)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let (server, database) = (self.server.clone(), self.database.clone());
        let before = std::mem::take(&mut self.roles_before);
        // Dropping cannot wait for our runtime: it may be the one that is ending.
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            // Timers belong to a runtime, so the limit is set inside of it.
            let work = async {
                let work = clean(&server, &database, &before);
                tokio::time::timeout(Duration::from_secs(10), work).await
            };
            runtime
                .block_on(work)
                .map_err(std::io::Error::other)?
                .map_err(std::io::Error::other)
        });
        match cleaner.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the scratch database may be left behind; the next run drops it");
            }
            Err(_) => {
                tracing::warn!("the scratch database may be left behind; the next run drops it");
            }
        }
    }
}

async fn run(server: &PgConnectOptions, text: &str) -> Result<(), sqlx::Error> {
    let mut connection = server.connect().await?;
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned())))
        .await?;
    Ok(())
}

async fn clean(
    server: &PgConnectOptions,
    database: &str,
    before: &BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    let mut connection = server.connect().await?;
    let drop = format!("drop database if exists {database} with (force)");
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(drop)))
        .await?;
    let login = database.replace(PREFIX, LOGIN_PREFIX);
    let drop = format!(
        "drop role if exists {}; set lock_timeout = '500ms'",
        sql::identifier(&login)
    );
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(drop)))
        .await?;
    // Another scratch on the same server may use the others: those stay for it to drop.
    let added = roles(&mut connection).await?;
    let added = added
        .difference(before)
        .filter(|role| !role.starts_with(LOGIN_PREFIX));
    for role in added {
        let drop = format!("drop role if exists {}", sql::identifier(role));
        if let Err(error) = connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await {
            tracing::debug!(%error, role, "keeping a role");
        }
    }
    Ok(())
}

/// Drops databases whose run is gone: it would hold their lock.
async fn sweep(guard: &mut PgConnection) -> Result<(), sqlx::Error> {
    let query = format!(
        "select datname::text from pg_database where datname like '{}%'",
        PREFIX.replace('_', "\\_")
    );
    for row in guard.fetch_all(sqlx::raw_sql(AssertSqlSafe(query))).await? {
        let name: String = row.try_get_unchecked(0)?;
        let attempt = format!("select pg_try_advisory_lock({})::text", key(&name));
        let row = guard
            .fetch_one(sqlx::raw_sql(AssertSqlSafe(attempt)))
            .await?;
        if row.try_get_unchecked::<String, _>(0)? == "true" {
            let drop = format!(
                "drop database if exists {} with (force)",
                sql::identifier(&name)
            );
            guard.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await?;
            let login = sql::identifier(&name.replace(PREFIX, LOGIN_PREFIX));
            let drop = format!("drop role if exists {login}");
            guard.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await?;
            unlock(guard, &name).await?;
        }
    }
    Ok(())
}

async fn lock(guard: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let lock = format!("select pg_advisory_lock({})", key(name));
    guard.execute(sqlx::raw_sql(AssertSqlSafe(lock))).await?;
    Ok(())
}

async fn unlock(guard: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let unlock = format!("select pg_advisory_unlock({})", key(name));
    guard.execute(sqlx::raw_sql(AssertSqlSafe(unlock))).await?;
    Ok(())
}

fn key(name: &str) -> String {
    format!("hashtextextended({}, 0)", sql::literal(name))
}

async fn roles(connection: &mut PgConnection) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = connection
        .fetch_all(sqlx::raw_sql("select rolname::text from pg_roles"))
        .await?;
    rows.iter().map(|row| row.try_get_unchecked(0)).collect()
}

/// Migrations must not run as superuser, so the role they run as must not be one here.
async fn check(guard: &mut PgConnection, migration_role: &str) -> Result<()> {
    let query = format!(
        "select current_setting('is_superuser'), exists (select from pg_roles where rolname = {} and rolsuper)::text",
        sql::literal(migration_role)
    );
    let row = guard
        .fetch_one(sqlx::raw_sql(AssertSqlSafe(query)))
        .await
        .map_err(failed)?;
    let is_superuser: String = row.try_get_unchecked(0).map_err(failed)?;
    let is_taken: String = row.try_get_unchecked(1).map_err(failed)?;
    if is_superuser != "on" {
        return Err(Error::new(ErrorCode::ScratchUnavailable, "the user of --scratch is no superuser")
            .with_help("The platform's roles and stand-ins of extensions take one; use a server that holds nothing else."));
    }
    if is_taken == "true" {
        return Err(Error::new(
            ErrorCode::ScratchUnavailable,
            format!("on the server of --scratch, {migration_role} is a superuser, and migrations run as {migration_role}"),
        )
        .with_help("Start that server with another superuser, e.g. POSTGRES_USER=supabase_admin for the postgres image."));
    }
    Ok(())
}

/// Unlikely to be met twice; nothing depends on its being secret but the login's password, see `std`.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};

    // A fresh state is seeded by the operating system (std::collections::hash_map::RandomState).
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u64(u64::from(std::process::id()));
    hasher.finish()
}

fn failed(error: sqlx::Error) -> Error {
    Error::new(ErrorCode::ScratchFailed, "the server of --scratch failed").with_source(error)
}
