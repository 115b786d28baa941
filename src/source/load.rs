//! From sources to a contract.

use std::time::{Duration, Instant};

use super::{Source, Sources, Start};
use crate::classes::shape::Served;
use crate::contract::Contract;
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::{Provenance, Session};
use crate::progress::Progress;
use crate::prove;
use crate::scratch::{self, Choice, Elaborated, Environment, Outcome, Scratch, Want};

/// How long connecting to a database may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(20);

/// A contract with what is known about how it came to be.
#[derive(Debug)]
pub struct Loaded {
    /// The contract, not limited to a scope yet.
    pub contract: Contract,
    /// Who made its objects.
    pub provenance: Provenance,
    /// What became of the replay, for replayed sources.
    pub outcome: Outcome,
    /// The server that elaborated it, for sources that were replayed just now: it knows every name that the contract uses.
    pub scratch: Option<Scratch>,
    /// Whether nobody committed anything while it was read.
    pub is_still: bool,
    /// How long it took.
    pub took: Duration,
}

/// The live side: a database that can be read again, or anything else.
#[derive(Debug)]
pub enum Live {
    /// A database with an open connection, or another way to ask it.
    Database(Box<Session>),
    /// What a REST endpoint tells.
    Served(Box<Served>),
    /// Sources that are elaborated like the expected ones.
    Other(Sources),
}

/// Makes contracts out of sources.
pub struct Loader<'a> {
    /// Where scratches come from.
    pub choice: &'a Choice,
    /// What they hold before the first migration.
    pub environment: &'a Environment,
    /// Whether what needs what is read as well, for a plan.
    pub with_needs: bool,
    /// Who is told how far it is.
    pub progress: &'a dyn Progress,
}

impl Live {
    /// Connects, when the sources are a database.
    pub async fn open(sources: Sources) -> Result<Self> {
        match session(&sources).await? {
            Some(session) => Ok(Self::Database(Box::new(session))),
            None => match sources.rest() {
                Some(endpoint) => Ok(Self::Served(Box::new(endpoint.read().await?))),
                None => Ok(Self::Other(sources)),
            },
        }
    }
}

impl Loader<'_> {
    /// Makes the live contract.
    pub async fn live(&self, live: &mut Live) -> Result<Loaded> {
        match live {
            Live::Database(session) => {
                if self.with_needs {
                    session.read_needs();
                }
                read(session).await
            }
            Live::Served(served) => Ok(settled(served.imply(&Contract::default()))),
            Live::Other(sources) => self.load(sources).await,
        }
    }

    /// Makes a contract.
    pub async fn load(&self, sources: &Sources) -> Result<Loaded> {
        if let Some(endpoint) = sources.rest() {
            return Err(partial(&endpoint.label()));
        }
        if let Some(mut session) = session(sources).await? {
            if self.with_needs {
                session.read_needs();
            }
            let loaded = read(&mut session).await;
            session.close().await;
            return loaded;
        }
        match sources.0.as_slice() {
            [Source::Snapshot(place)] => Ok(settled(Start::read(place)?.contract)),
            [Source::Snapshot(_), ..] => self.go_on(sources).await,
            _ => self.replay(sources, false).await,
        }
    }

    /// Makes a contract of replayed sources together with the server that knows its names, cache or not.
    pub async fn with_server(&self, sources: &Sources) -> Result<Loaded> {
        self.replay(sources, true).await
    }

    /// Makes a saved contract anew and replays what is newer on it.
    async fn go_on(&self, sources: &Sources) -> Result<Loaded> {
        let begin = Instant::now();
        let (batches, gaps) = sources.batches()?;
        let Some(Start { contract, .. }) = sources.start()? else {
            return self.replay(sources, false).await;
        };
        self.progress.phase("rebuilding the saved contract");
        let (contract, mut outcome) = prove::go_on(
            self.choice,
            self.environment,
            &contract,
            &batches,
            self.progress,
        )
        .await?;
        outcome.gaps.extend(gaps);
        Ok(Loaded {
            outcome,
            took: begin.elapsed(),
            ..settled(contract)
        })
    }

    async fn replay(&self, sources: &Sources, is_anew: bool) -> Result<Loaded> {
        let begin = Instant::now();
        let (batches, gaps) = sources.batches()?;
        let want = Want {
            needs: self.with_needs,
            server: is_anew,
        };
        let Elaborated {
            reading,
            mut outcome,
            scratch,
        } = scratch::elaborate(self.choice, self.environment, &batches, want, self.progress)
            .await?;
        outcome.gaps.extend(gaps);
        Ok(Loaded {
            is_still: true,
            contract: reading.contract,
            provenance: Provenance::Replayed(reading.platform),
            outcome,
            scratch,
            took: begin.elapsed(),
        })
    }
}

/// What stands for a whole contract has to be one.
fn partial(label: &str) -> Error {
    Error::new(
        ErrorCode::SourceInvalid,
        format!("{label} tells a part of a contract only"),
    )
    .with_help("It can be what is compared with a contract, as --live or --from, and `inventory` lists it; elsewhere name supabase:REF or a connection string.")
}

/// A way to the database, when the sources are one.
async fn session(sources: &Sources) -> Result<Option<Session>> {
    Ok(match (sources.database(), sources.hosted()) {
        (Some(target), _) => Some(Session::open(target, CONNECT_DEADLINE).await?),
        (None, Some(project)) => Some(Session::through_api(project).await?),
        (None, None) => None,
    })
}

async fn read(session: &mut Session) -> Result<Loaded> {
    let begin = Instant::now();
    let reading = session.read(None).await?;
    Ok(Loaded {
        is_still: reading.is_still,
        contract: reading.contract,
        provenance: Provenance::Unknown,
        outcome: Outcome::default(),
        scratch: None,
        took: begin.elapsed(),
    })
}

fn settled(contract: Contract) -> Loaded {
    Loaded {
        contract,
        is_still: true,
        provenance: Provenance::Settled,
        outcome: Outcome::default(),
        scratch: None,
        took: Duration::ZERO,
    }
}
