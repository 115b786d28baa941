//! The record that the scratch keeps of a replay, read out as a ledger.

use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use crate::classes::Aspect;
use crate::inspect::{Address, Ledger, Passage};

/// Starts recording. What exists by now counts as the platform's.
pub(in crate::scratch) async fn start(admin: &mut PgConnection) -> Result<(), sqlx::Error> {
    admin
        .execute(sqlx::raw_sql(include_str!("ledger.sql")))
        .await?;
    Ok(())
}

/// Reads the record and takes everything of ours out of the database.
pub(in crate::scratch) async fn finish(
    admin: &mut PgConnection,
    passages: Vec<Passage>,
) -> Result<Ledger, sqlx::Error> {
    let ledger = settle(admin, passages, 0).await?;
    admin
        .execute(sqlx::raw_sql(
            "drop event trigger _pgpact_record; drop schema _pgpact cascade; drop schema if exists _stub cascade",
        ))
        .await?;
    Ok(ledger)
}

/// Works out the record and reads it, once. What the first statements touched, a plan's, is nobody's.
pub(in crate::scratch) async fn settle(
    admin: &mut PgConnection,
    passages: Vec<Passage>,
    first: usize,
) -> Result<Ledger, sqlx::Error> {
    admin
        .execute(sqlx::raw_sql("select _pgpact.settle()"))
        .await?;
    let query = "select class_oid::int8, object_oid::int8, sub_id, aspect, statement from _pgpact.touched order by statement";
    let rows = admin.fetch_all(sqlx::raw_sql(query)).await?;
    let mut ledger = Ledger::new(passages);
    for row in rows {
        let (class, object): (i64, i64) = (row.try_get_unchecked(0)?, row.try_get_unchecked(1)?);
        let aspect: String = row.try_get_unchecked(3)?;
        let statement: i32 = row.try_get_unchecked(4)?;
        let address = Address {
            class: u32::try_from(class).unwrap_or_default(),
            object: u32::try_from(object).unwrap_or_default(),
            sub: row.try_get_unchecked(2)?,
        };
        let aspect = Aspect::ALL
            .into_iter()
            .find(|known| known.as_str() == aspect);
        if let (Some(aspect), Ok(statement)) = (aspect, usize::try_from(statement)) {
            // What stands for statement 0 in another aspect says nothing about who made the object.
            if statement > first || statement == 0 && aspect == Aspect::Definition {
                ledger.touch(address, aspect, statement);
            }
        }
    }
    Ok(ledger)
}
