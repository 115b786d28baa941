//! Counts what exists and has no class yet, with a hash of the names, so that a change shows.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use crate::contract::Gap;

/// One gap for each sort of object that exists and is not modelled.
pub(super) async fn take(connection: &mut PgConnection) -> Result<BTreeSet<Gap>, sqlx::Error> {
    let rows = connection
        .fetch_all(sqlx::raw_sql(include_str!("census.sql")))
        .await?;
    rows.iter()
        .map(|row| {
            let what: String = row.try_get_unchecked(0)?;
            let number: String = row.try_get_unchecked(1)?;
            let hash: Option<String> = row.try_get_unchecked(2)?;
            let (what, why) = match hash {
                Some(hash) => (format!("{what}: {number} ({hash})"), Gap::BY_NAME),
                None => (
                    format!("{what}: {number}"),
                    "this version does not compare them",
                ),
            };
            Ok(Gap {
                what,
                why: why.to_owned(),
            })
        })
        .collect()
}
