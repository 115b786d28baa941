//! The throwaway Postgres that elaborates what migrations say.
//!
//! Migrations are somebody else's SQL: they run as a role that is no superuser, on a server that was
//! given none of our environment and runs as another user when we are root.

mod engine;
mod folder;
mod installation;
mod platform;
mod replay;

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::error::{Error, ErrorCode, Result};
use crate::inspect::{Connection, Ledger, Reading, Session};
use crate::progress::Progress;

use engine::Engine;
use replay::Runner;

pub use platform::{Environment, Platform};
pub use replay::{Atomicity, Failure, MigrationFile, Outcome, Skipped};

/// Where the throwaway server comes from, and how it is used.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// A folder with server binaries, before all that are found.
    pub bin: Option<PathBuf>,
    /// The major version to prefer: live's.
    pub major: Option<u32>,
    /// Whether the first failing statement ends the replay.
    pub is_strict: bool,
}

/// A running scratch with a platform on it. Dropping it stops the server and removes what it wrote.
#[derive(Debug)]
pub struct Scratch {
    engine: Engine,
    environment: Environment,
    is_strict: bool,
}

impl Scratch {
    /// Starts a server and puts the platform on it.
    pub async fn start(choice: &Choice, environment: Environment) -> Result<Self> {
        let admin = environment.platform.admin();
        let engine = Engine::start(choice.bin.as_deref(), choice.major, admin).await?;
        let mut connection = engine
            .options(admin)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(broken)?;
        for script in environment.scripts(true) {
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(script)))
                .await
                .map_err(|error| broken(error).with_help("This is a fault of pgpact with this version of Postgres; please report it."))?;
        }
        Ok(Self {
            engine,
            environment,
            is_strict: choice.is_strict,
        })
    }

    /// Replays batches of files one after the other and reads what they built.
    pub async fn elaborate(
        &self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<(Reading, Outcome)> {
        let (outcome, ledger) = self.replay(batches, progress).await?;
        let target = Connection::from_options(self.engine.options(self.engine.admin()));
        let mut session = Session::open(&target, Duration::from_secs(10)).await?;
        let reading = session.read(Some(&ledger)).await?;
        session.close().await;
        Ok((reading, outcome))
    }

    async fn replay(
        &self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<(Outcome, Ledger)> {
        let connect = |role: &str| self.engine.options(role).disable_statement_logging();
        let mut admin = connect(self.engine.admin())
            .connect()
            .await
            .map_err(broken)?;
        replay::start(&mut admin).await.map_err(broken)?;
        let migration = connect(&self.environment.migration_role)
            .connect()
            .await
            .map_err(broken)?;
        let mut runner = Runner::new(migration, admin, self.is_strict)
            .await
            .map_err(broken)?;
        for (files, atomicity) in batches {
            runner.replay(files, *atomicity, progress).await?;
        }
        let (outcome, passages, mut admin) = runner.into_parts();
        let ledger = replay::finish(admin.connection(), passages)
            .await
            .map_err(broken)?;
        Ok((outcome, ledger))
    }

    /// How to connect to one of the server's databases as one of its roles.
    pub fn connection(&self, role: &str, database: &str) -> Connection {
        Connection::from_options(self.engine.options(role).database(database))
    }

    /// The same as a connection string; it holds no secret, and nobody but us reaches the socket.
    pub fn url(&self, role: &str, database: &str) -> String {
        let folder = self.engine.folder().to_string_lossy().replace('/', "%2F");
        format!("postgres://{role}@{folder}/{database}")
    }

    /// The superuser's name.
    pub fn admin(&self) -> &'static str {
        self.engine.admin()
    }
}

fn broken(error: sqlx::Error) -> Error {
    Error::new(ErrorCode::ScratchFailed, "the scratch's server failed").with_source(error)
}
