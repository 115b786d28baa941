//! Two ways to ask a database: over a connection, and through an API that runs one statement a request. What is asked
//! knows nothing of the way.

mod api;
mod cells;
mod hosted;
mod refusal;
mod statement;
mod wire;

pub(super) use cells::Cells;
pub use hosted::{Access, Hosted};

use api::Api;
use sqlx::postgres::PgConnection;
use wire::Wire;

use super::Connection;
use crate::error;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The connection or the server on it.
    #[error(transparent)]
    Wire(#[from] sqlx::Error),
    /// The API, in words for people already.
    #[error(transparent)]
    Api(#[from] error::Error),
    /// A value is not of the kind that was asked for.
    #[error("column {0} is not what was asked for")]
    Cell(usize),
}

/// What the questions until the next one have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// Catalogs, in words that do not depend on the database's settings.
    Catalogs,
    /// The same, to be read whole: what there is nothing of is looked for first.
    Contract,
    /// Rows of people's tables: nobody waits for long.
    Data,
}

/// The way to a database.
#[derive(Debug)]
pub(super) enum Transport {
    /// A connection.
    Wire(Box<Wire>),
    /// The Management API.
    Api(Box<Api>),
}

impl Transport {
    /// Over a connection, and another one made alike where that is quicker.
    pub(super) fn over(connection: PgConnection, way: Connection) -> Self {
        Self::Wire(Box::new(Wire::new(connection, way)))
    }

    pub(super) fn through(project: &Hosted) -> Result<Self, error::Error> {
        Ok(Self::Api(Box::new(Api::new(project)?)))
    }

    /// Whether all that is asked until the end is of one snapshot, whatever happens meanwhile.
    pub(super) fn has_snapshots(&self) -> bool {
        matches!(self, Self::Wire(_))
    }

    /// Begins to look: over a connection, all until the end is of one snapshot that is only read.
    pub(super) async fn begin(&mut self, snapshot: Snapshot) -> Result<(), Fault> {
        match self {
            Self::Wire(wire) => wire.begin(snapshot).await,
            Self::Api(api) => {
                api.begin();
                Ok(())
            }
        }
    }

    /// The places of classes that the database has nothing of, as far as that was looked at when it began.
    pub(super) fn absent(&self) -> &[usize] {
        match self {
            Self::Wire(wire) => wire.absent(),
            Self::Api(_) => &[],
        }
    }

    /// Ends what was begun; says whether nobody committed anything meanwhile, as far as that is known.
    pub(super) async fn end(&mut self) -> Result<bool, Fault> {
        match self {
            Self::Wire(wire) => wire.end().await,
            Self::Api(api) => Ok(api.is_still()),
        }
    }

    /// The rows of a query of so many columns, in its order.
    pub(super) async fn rows(&mut self, query: &str, width: usize) -> Result<Vec<Cells>, Fault> {
        match self {
            Self::Wire(wire) => wire.rows(query).await,
            Self::Api(api) => api.rows(query, width).await,
        }
    }

    /// Several queries of as many columns in as few messages as can be; each row comes with the number of its query.
    /// The rows of one are in no order.
    pub(super) async fn each<E: From<Fault>>(
        &mut self,
        queries: &[String],
        width: usize,
        take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Wire(wire) => wire.each(queries, take).await,
            Self::Api(api) => api.each(queries, width, take).await,
        }
    }

    /// The same in no order at all, each query's rows in their own: over two connections where that is quicker.
    pub(super) async fn spread<E: From<Fault>>(
        &mut self,
        queries: &[String],
        width: usize,
        take: impl FnMut(usize, Cells) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Wire(wire) => wire.spread(queries, take).await,
            Self::Api(api) => api.each(queries, width, take).await,
        }
    }

    /// Which transactions are visible now: as long as that stays the same, nobody has committed anything
    /// (documentation, "Transaction ID and Snapshot Information Functions").
    pub(super) async fn moment(&mut self) -> Result<String, Fault> {
        let query = "select pg_catalog.pg_current_snapshot()::pg_catalog.text";
        self.rows(query, 1)
            .await?
            .into_iter()
            .next()
            .ok_or(Fault::Cell(0))?
            .text(0)
    }

    /// Goes, as the way wants it.
    pub(super) async fn close(self) {
        match self {
            Self::Wire(wire) => wire.close().await,
            Self::Api(_) => {}
        }
    }
}
