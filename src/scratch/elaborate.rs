//! From files to a contract: replayed on a scratch, or taken from what an earlier run worked out.

use sqlx::{ConnectOptions as _, Executor as _, Row as _};

use super::cache::Cache;
use super::private::Private;
use super::replay::{self, Runner};
use super::{
    Atomicity, Choice, Engine, Environment, MigrationFile, Outcome, PATIENCE, Progressed, Scratch,
    broken, fetch,
};
use crate::classes::id_of_role;
use crate::error::Result;
use crate::inspect::{Connection, Ledger, Reading, Session};
use crate::progress::Progress;

/// After so many files replayed it pays to keep the server's data.
const WORTH_KEEPING: usize = 10;

/// What files come to.
#[derive(Debug)]
pub struct Elaborated {
    /// The contract, and what of it was there before the first file.
    pub reading: Reading,
    /// What became of the replay.
    pub outcome: Outcome,
    /// The server that knows its names; none when it was taken from the cache.
    pub scratch: Option<Scratch>,
}

/// Files, and how their tool runs them.
type Batches = [(Vec<MigrationFile>, Atomicity)];

/// What is wanted besides the contract.
#[derive(Debug, Clone, Copy, Default)]
pub struct Want {
    /// What needs what, for a plan.
    pub needs: bool,
    /// The server, so that nothing but a replay will do.
    pub server: bool,
}

/// Replays batches of files one after the other and reads what they built, or finds that in the cache.
pub async fn elaborate(
    choice: &Choice,
    environment: &Environment,
    batches: &Batches,
    want: Want,
    progress: &dyn Progress,
) -> Result<Elaborated> {
    fetch::ensure(choice, progress).await?;
    let cache = Cache::of(choice, environment, batches);
    let kept = cache.as_ref().filter(|_| !want.server);
    if let Some(found) = kept.and_then(taken) {
        return Ok(found);
    }
    let turn = match &cache {
        Some(_) => Some(choice.turn.lock().await),
        None => None,
    };
    if let Some(found) = kept.and_then(taken) {
        return Ok(found);
    }
    progress.phase("starting a scratch server");
    let (scratch, begun) = start(choice, environment, cache.as_ref()).await?;
    progress.phase("replaying migrations");
    // An entry serves whatever the next run wants.
    let needs = want.needs || cache.is_some();
    let (reading, outcome) = scratch
        .build(batches, begun, cache.as_ref(), needs, progress)
        .await?;
    if let Some(cache) = &cache {
        cache.keep(&reading, &outcome);
    }
    drop(turn);
    Ok(Elaborated {
        reading,
        outcome,
        scratch: Some(scratch),
    })
}

fn taken(cache: &Cache) -> Option<Elaborated> {
    let (reading, outcome) = cache.contract()?;
    tracing::info!("the contract of these files was taken from the cache");
    Some(Elaborated {
        reading,
        outcome,
        scratch: None,
    })
}

/// A server, and how many of the files it has already.
async fn start(
    choice: &Choice,
    environment: &Environment,
    cache: Option<&Cache>,
) -> Result<(Scratch, Option<(usize, Progressed)>)> {
    if let Some((count, state)) = cache.and_then(Cache::state) {
        match Scratch::resume(choice, environment.clone(), state).await {
            Ok((scratch, progressed)) => {
                tracing::info!("going on after {count} files that the cache has");
                return Ok((scratch, Some((count, progressed))));
            }
            Err(error) => {
                tracing::warn!(
                    error = error.chain(),
                    "a server of the cache does not start; all files are replayed"
                );
            }
        }
    }
    let scratch = Scratch::start(choice, environment.clone()).await?;
    Ok((scratch, None))
}

impl Scratch {
    /// Replays batches of files on this server, which has none yet, and reads what they built.
    pub async fn elaborate(
        &self,
        batches: &Batches,
        needs: bool,
        progress: &dyn Progress,
    ) -> Result<(Reading, Outcome)> {
        self.build(batches, None, None, needs, progress).await
    }

    async fn build(
        &self,
        batches: &Batches,
        begun: Option<(usize, Progressed)>,
        cache: Option<&Cache>,
        needs: bool,
        progress: &dyn Progress,
    ) -> Result<(Reading, Outcome)> {
        let built = async {
            let (outcome, ledger) = self.replay(batches, begun, cache, progress).await?;
            let target = Connection::from_options(self.engine.admin_options());
            let mut session = Session::open(&target, PATIENCE).await?;
            if needs {
                session.read_needs();
            }
            let mut reading = session.read(Some(&ledger)).await?;
            session.close().await;
            for name in &outcome.made_up_roles {
                reading.contract.objects.remove(&id_of_role(name));
            }
            Ok((reading, outcome))
        };
        built.await.map_err(|error| self.engine.explained(error))
    }

    async fn replay(
        &self,
        batches: &Batches,
        begun: Option<(usize, Progressed)>,
        cache: Option<&Cache>,
        progress: &dyn Progress,
    ) -> Result<(Outcome, Ledger)> {
        let admin = self.engine.admin_options().disable_statement_logging();
        let mut admin = admin.connect().await.map_err(broken)?;
        if begun.is_none() {
            replay::start(&mut admin).await.map_err(broken)?;
        }
        let role = &self.environment.migration_role;
        let migration = self
            .engine
            .migration_options(role)
            .disable_statement_logging();
        let migration = migration.connect().await.map_err(broken)?;
        let mut runner = Runner::new(migration, admin, self.is_strict)
            .await
            .map_err(broken)?;
        let given = runner.given().await?;
        let done = begun.as_ref().map_or(0, |(count, _)| *count);
        if let Some((_, progressed)) = begun {
            runner.resume(progressed);
        }
        let mut before = done;
        for (files, atomicity) in batches {
            let skipped = before.min(files.len());
            before -= skipped;
            runner
                .replay(&files[skipped..], *atomicity, progress)
                .await?;
        }
        let count: usize = batches.iter().map(|(files, _)| files.len()).sum();
        if let (Some(cache), Engine::Private(private)) = (cache, &self.engine)
            && count > done
            && (done == 0 || count - done >= WORTH_KEEPING)
            // A later session would begin with what was set meanwhile, this one does not have it.
            && runner.given().await? == given
        {
            keep_state(cache, private, &mut runner).await?;
        }
        let (outcome, passages, mut admin) = runner.into_parts();
        let ledger = replay::finish(admin.connection(), passages)
            .await
            .map_err(broken)?;
        Ok((outcome, ledger))
    }
}

/// Keeps the data of a server on which nobody is but us, unless something of it would not outlive the session or a
/// start after a crash: temporary and unlogged tables, another role.
async fn keep_state(cache: &Cache, private: &Private, runner: &mut Runner) -> Result<()> {
    if !runner.leaves_nothing_behind().await? {
        return Ok(());
    }
    let admin = runner.admin();
    admin
        .execute(sqlx::raw_sql("checkpoint"))
        .await
        .map_err(broken)?;
    let query = "select redo_wal_file from pg_catalog.pg_control_checkpoint()";
    let row = admin.fetch_one(sqlx::raw_sql(query)).await;
    let first_wal: String = row
        .and_then(|row| row.try_get_unchecked(0))
        .map_err(broken)?;
    cache.keep_state(&private.data(), &first_wal, &runner.progressed());
    Ok(())
}
