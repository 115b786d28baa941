//! Whether two texts of the same fact say the same: both are parsed and printed by one server until they stand still.
//!
//! Printing is no fixpoint and differs between versions, also minor ones. The scratch that elaborated a side has
//! every name that its texts use, so both sides' texts are planted there, each in a place of its own that is rolled
//! back: a temporary view, a routine without a caller, a constraint on an empty temporary table.

mod older;
mod planting;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::{Scratch, broken};
use crate::classes::{Sample, samples};
use crate::contract::{self, Change, Contract};
use crate::error::Result;
use crate::inspect::{Connection, PRINTING};
use crate::sql;

use planting::planting;

/// Text that does not stand still by then will not be called the same.
const GENERATIONS: usize = 5;

/// What planted text may take; nothing of it is run but what the planner evaluates beforehand.
const LIMITS: &str = "set local check_function_bodies = off; set local statement_timeout = '10s'; set local lock_timeout = '2s'; \
                      savepoint planted";

/// Each planting begins where the one before began.
const AGAIN: &str = "rollback to savepoint planted";

/// A server that parses and prints text, on a connection of the role that migrations run as.
///
/// The text is somebody else's, live's too: it is never given to a superuser.
#[derive(Debug)]
pub struct Printer {
    connection: PgConnection,
}

impl Printer {
    /// Lets the migration role see every name of a database, which is good for nothing else from then on.
    pub(super) async fn open(scratch: &Scratch, database: &str) -> Result<Self> {
        let role = &scratch.environment.migration_role;
        let admin = Connection::from_options(scratch.admin_options(database));
        let mut admin = admin.connect(super::PATIENCE).await?;
        let role = format!(
            "select set_config('pgpact.role', {}, false)",
            sql::literal(role)
        );
        send(&mut admin, role).await.map_err(broken)?;
        let open = include_str!("open.sql").to_owned();
        send(&mut admin, open).await.map_err(broken)?;
        let target = Connection::from_options(scratch.migration_options(database));
        let mut connection = target.connect(super::PATIENCE).await?;
        let begin = format!("begin read write; {PRINTING} {LIMITS}");
        send(&mut connection, begin).await.map_err(broken)?;
        Ok(Self { connection })
    }

    /// Gives live the expected side's text wherever both texts of a fact say the same.
    ///
    /// Text that cannot be planted, for what it names is not there, stays as it is.
    pub async fn agree(&mut self, expected: &Contract, live: &mut Contract) -> Result<()> {
        let is_newer = |side: &Contract| side.server.major >= older::SINCE;
        let straddles = is_newer(expected) != is_newer(live);
        let mut same = Vec::new();
        for delta in contract::diff(expected, live) {
            let Some((one, other)) = samples(&delta, expected) else {
                continue;
            };
            let respelled = straddles.then(|| respelled(&one, &other)).flatten();
            let mut is_same = self.say_the_same(one, other).await?;
            if !is_same && let Some((one, other)) = respelled {
                is_same = self.say_the_same(one, other).await?;
            }
            if is_same && let Change::Changed { fact, expected, .. } = delta.change {
                same.push((delta.id.clone(), fact.to_owned(), expected.clone()));
            }
        }
        live.adopt(same);
        Ok(())
    }

    async fn say_the_same(&mut self, mut one: Sample, mut other: Sample) -> Result<bool> {
        for _ in 0..GENERATIONS {
            if one == other {
                return Ok(true);
            }
            let (Some(next), Some(next_other)) =
                (self.reprint(&one).await?, self.reprint(&other).await?)
            else {
                return Ok(false);
            };
            if next == one.text && next_other == other.text {
                return Ok(false);
            }
            (one.text, other.text) = (next, next_other);
        }
        Ok(one == other)
    }

    /// The text as it is printed once it was parsed; nothing when it cannot be.
    async fn reprint(&mut self, sample: &Sample) -> Result<Option<String>> {
        let Some(planting) = planting(sample) else {
            return Ok(None);
        };
        let text = format!("{AGAIN}; {}; {}", planting.plant, planting.read);
        let query = sqlx::raw_sql(AssertSqlSafe(text));
        match self.connection.fetch_all(query).await {
            Ok(rows) => {
                let row = rows.last().map(|row| row.try_get_unchecked::<String, _>(0));
                let text = row.transpose().map_err(broken)?;
                Ok(text.map(|text| text.trim().trim_end_matches(';').to_owned()))
            }
            Err(error) if error.as_database_error().is_some() => {
                tracing::debug!(%error, text = sample.text, "text cannot be printed again");
                Ok(None)
            }
            Err(error) => Err(broken(error)),
        }
    }
}

/// Both samples in words that older servers share with newer ones.
fn respelled(one: &Sample, other: &Sample) -> Option<(Sample, Sample)> {
    let respelled = |sample: &Sample| {
        Some(Sample {
            text: older::respelled(&sample.text)?,
            form: sample.form.clone(),
        })
    };
    Some((respelled(one)?, respelled(other)?))
}

async fn send(connection: &mut PgConnection, text: String) -> Result<(), sqlx::Error> {
    let query = sqlx::raw_sql(AssertSqlSafe(text));
    connection.execute(query).await.map(|_| ())
}
