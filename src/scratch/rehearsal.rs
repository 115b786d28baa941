//! A scratch in which plans are tried: statements are run and the database is read, again and again.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use super::replay::{
    self, Atomicity, Effect, MigrationFile, Outcome, REHEARSER, Rehearsed, Runner,
};
use super::{Choice, Environment, Printer, Scratch, broken, fetch};
use crate::contract::Gap;
use crate::error::Result;
use crate::inspect::{Connection, Ledger, Provenance, Reading, Session};
use crate::progress::{Progress, Silent};

/// A running rehearsal. Dropping it takes everything away.
pub struct Rehearsal {
    runner: Runner,
    session: Session,
    platform: Provenance,
    // Last: the connections end before the server does.
    scratch: Scratch,
}

impl Rehearsal {
    /// Starts a scratch with the platform on it and a login that is in every role.
    pub async fn start(choice: &Choice, environment: Environment) -> Result<Self> {
        let choice = Choice {
            is_strict: false,
            ..choice.clone()
        };
        fetch::ensure(&choice, &Silent).await?;
        let scratch = Scratch::start(&choice, environment).await?;
        let admin_options = scratch.engine.admin_options().disable_statement_logging();
        let mut admin = admin_options.connect().await.map_err(broken)?;
        let platform = Self::read_platform(&scratch).await?;
        replay::start(&mut admin).await.map_err(broken)?;
        let login = format!("create role {REHEARSER} login inherit");
        admin
            .execute(sqlx::raw_sql(AssertSqlSafe(login)))
            .await
            .map_err(broken)?;
        let options = scratch.engine.migration_options(REHEARSER);
        let connection = options.disable_statement_logging().connect().await;
        let mut runner = Runner::new(connection.map_err(broken)?, admin, false)
            .await
            .map_err(broken)?;
        runner.grant_roles().await?;
        let runner = runner
            .rehearsing(&scratch.environment.migration_role)
            .await?;
        let target = Connection::from_options(scratch.engine.admin_options());
        let session = Session::open(&target, Duration::from_secs(10)).await?;
        Ok(Self {
            runner,
            session,
            platform,
            scratch,
        })
    }

    /// Runs statements; the first that fails ends it: its place in the order and what Postgres said.
    ///
    /// `refused` is told of each that takes a superuser, and once of none, and says which are left out from then on.
    pub async fn run(
        &mut self,
        steps: &[Rehearsed],
        refused: &mut (dyn FnMut(Option<usize>) -> BTreeSet<usize> + Send),
    ) -> Result<Option<(usize, String)>> {
        let run = self.runner.rehearse(steps, refused).await;
        run.map_err(|error| self.scratch.engine.explained(error))
    }

    /// Runs migrations on what is there, and keeps what each statement does to tables that exist.
    pub async fn migrate(
        &mut self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<(Outcome, Vec<Effect>)> {
        self.begin_session().await?;
        self.runner.migrating();
        self.runner.watch().await?;
        for (files, atomicity) in batches {
            let replayed = self.runner.replay(files, *atomicity, progress).await;
            replayed.map_err(|error| self.scratch.engine.explained(error))?;
        }
        let effects = self.runner.watched();
        Ok((self.runner.outcome().clone(), effects))
    }

    /// Whoever runs newer migrations begins a session with what the database there sets.
    async fn begin_session(&mut self) -> Result<()> {
        let options = self.scratch.engine.migration_options(REHEARSER);
        let session = options.disable_statement_logging().connect().await;
        self.runner.go_over_to(session.map_err(broken)?).await
    }

    /// Runs migrations on what is there, as a replay does.
    pub async fn replay(
        &mut self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        self.begin_session().await?;
        self.runner.migrating();
        for (files, atomicity) in batches {
            let replayed = self.runner.replay(files, *atomicity, progress).await;
            replayed.map_err(|error| self.scratch.engine.explained(error))?;
        }
        Ok(self.runner.outcome().clone())
    }

    /// Reads what there is now, what needs what included.
    pub async fn read(&mut self) -> Result<Reading> {
        self.read_by(None).await
    }

    /// Reads what there is now, with the lines of the migrations that made it; only once, for the record ends with it.
    pub async fn read_with_lines(&mut self) -> Result<Reading> {
        let (passages, first) = self.runner.passages();
        let ledger = replay::settle(self.runner.admin(), passages, first).await;
        self.read_by(Some(&ledger.map_err(broken)?)).await
    }

    async fn read_by(&mut self, ledger: Option<&Ledger>) -> Result<Reading> {
        self.session.read_needs();
        let mut reading = self.session.read(ledger).await?;
        // What we brought along is nobody's.
        let ours = |text: &str| text.contains("_pgpact") || text.contains("_stub");
        reading
            .contract
            .objects
            .retain(|id, object| !ours(&id.path) && !object.schema.as_deref().is_some_and(ours));
        Ok(reading)
    }

    /// What was there before the first statement.
    pub fn provenance(&self) -> &Provenance {
        &self.platform
    }

    /// What the proof is less sure of: stand-ins, roles made up.
    pub fn gaps(&self) -> BTreeSet<Gap> {
        self.runner.gaps()
    }

    /// A printer that knows every name there is now. The rehearsal is over then: it lets everybody in.
    pub async fn printer(&self) -> Result<Printer> {
        self.scratch.printer("postgres").await
    }

    /// Ends it and leaves the scratch as it is.
    pub fn into_scratch(self) -> Scratch {
        self.scratch
    }

    /// The server's version.
    pub fn server_version(&self) -> &str {
        &self.session.server().text
    }

    async fn read_platform(scratch: &Scratch) -> Result<Provenance> {
        let target = Connection::from_options(scratch.engine.admin_options());
        let mut session = Session::open(&target, Duration::from_secs(10)).await?;
        let reading = session.read(None).await?;
        session.close().await;
        Ok(Provenance::Replayed(
            reading.contract.objects.into_keys().collect(),
        ))
    }
}
