//! The throwaway Postgres that elaborates what migrations say.
//!
//! Migrations are somebody else's SQL: they run as a role that is no superuser, on a server that was
//! given none of our environment and runs as another user when we are root.

mod cache;
mod elaborate;
mod engine;
mod fetch;
mod folder;
mod given;
mod installation;
mod layouts;
mod limits;
mod platform;
mod private;
mod rehearsal;
mod renamed;
mod replay;
mod reprint;
mod visit;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tokio::sync::Mutex;

use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Connection;

pub use cache::Shelf;
use cache::{Progressed, State};
use engine::Engine;
use private::Private;

pub use elaborate::{Elaborated, Want, elaborate};
pub use fetch::{Fetch, RELEASES};
pub use folder::temporary_folder;
pub use limits::Limits;
pub use platform::{Environment, Platform};
pub use rehearsal::Rehearsal;
pub use replay::{
    Atomicity, Effect, Failure, MigrationFile, Outcome, Rehearsed, Skipped, statements,
};
pub use reprint::Printer;
pub use visit::Visit;

/// How long a scratch may take to let us in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the programs of a server of our own come from.
#[derive(Debug, Clone, Default)]
pub enum Origin {
    /// From this machine alone.
    #[default]
    Native,
    /// From this machine, else from a release.
    Auto(Fetch),
    /// From a release of live's major, whatever this machine has.
    Fetched(Fetch),
}

/// Where the throwaway server comes from, and how it is used.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// A server to make a database on, instead of starting one.
    pub server: Option<SecretString>,
    /// Where the programs of one that we start come from.
    pub origin: Origin,
    /// A folder with server binaries, before all that are found.
    pub bin: Option<PathBuf>,
    /// The major version to prefer: live's.
    pub major: Option<u32>,
    /// Whether the first failing statement ends the replay.
    pub is_strict: bool,
    /// A folder that keeps what was worked out, for the next run.
    pub cache: Option<PathBuf>,
    /// What a server of our own may take of the machine.
    pub limits: Limits,
    /// Whose turn it is to work something out: runs that share a cache share what one of them finds.
    pub turn: Arc<Mutex<()>>,
}

/// A running scratch with a platform on it. Dropping it stops the server and removes what it wrote.
#[derive(Debug)]
pub struct Scratch {
    engine: Engine,
    environment: Environment,
    is_strict: bool,
}

impl Scratch {
    /// Starts a server on what an earlier run left, and gives how far that had come.
    async fn resume(
        choice: &Choice,
        environment: Environment,
        state: State,
    ) -> Result<(Self, Progressed)> {
        let admin = environment.admin();
        let (private, progressed) = Private::resume(choice, admin, state).await?;
        let scratch = Self {
            engine: Engine::Private(private),
            environment,
            is_strict: choice.is_strict,
        };
        Ok((scratch, progressed))
    }

    /// Starts a server and puts the platform on it.
    pub async fn start(choice: &Choice, environment: Environment) -> Result<Self> {
        let mut engine = Engine::start(choice, &environment).await?;
        let options = engine.admin_options().disable_statement_logging();
        let mut connection = options.connect().await.map_err(broken)?;
        for script in environment.scripts(engine.is_private()) {
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(script)))
                .await
                .map_err(|error| broken(error).with_help("This is a fault of pgpact with this version of Postgres; please report it."))?;
        }
        engine.let_in(&environment.migration_role).await?;
        Ok(Self {
            engine,
            environment,
            is_strict: choice.is_strict,
        })
    }

    fn admin_options(&self, database: &str) -> PgConnectOptions {
        let options = self.engine.admin_options();
        match &self.engine {
            Engine::Private(_) => options.database(database),
            Engine::Given(_) => options,
        }
    }

    fn migration_options(&self, database: &str) -> PgConnectOptions {
        let options = self
            .engine
            .migration_options(&self.environment.migration_role);
        match &self.engine {
            Engine::Private(_) => options.database(database),
            Engine::Given(_) => options,
        }
    }

    /// How to connect to one of a private server's databases as one of its roles; on a given server,
    /// to the scratch database.
    pub fn connection(&self, role: &str, database: &str) -> Connection {
        Connection::from_options(match &self.engine {
            Engine::Private(private) => private.options(role).database(database),
            Engine::Given(given) => given.admin_options(),
        })
    }

    /// Makes one of a private server's databases, or the scratch database, print other text again. Once what it
    /// holds was read: what is granted there changes.
    pub async fn printer(&self, database: &str) -> Result<Printer> {
        Printer::open(self, database).await
    }

    /// The folder of a private server's socket.
    pub fn socket(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Private(private) => Some(private.folder()),
            Engine::Given(_) => None,
        }
    }

    /// Where a private server is reached, as who runs migrations; no password is asked for.
    pub fn url(&self) -> Option<String> {
        let folder = self.socket()?.display();
        let role = &self.environment.migration_role;
        let role = utf8_percent_encode(role, NON_ALPHANUMERIC);
        Some(format!(
            "postgres://{role}@localhost/postgres?host={folder}"
        ))
    }

    /// The superuser's name on a private server.
    pub fn admin(&self) -> &'static str {
        self.environment.admin()
    }
}

fn broken(error: sqlx::Error) -> Error {
    Error::new(ErrorCode::ScratchFailed, "the scratch's server failed").with_source(error)
}
