//! What a scratch holds, read with one of its schemas under another name: Postgres prints whatever names it anew.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use super::{PATIENCE, Scratch, broken};
use crate::classes;
use crate::contract::Contract;
use crate::error::Result;
use crate::inspect::{Connection, Session};

impl Scratch {
    /// Renames a schema of the replayed database for good and reads the whole again, without lines of migrations.
    ///
    /// # Errors
    /// When the other name is taken, or the server fails.
    pub async fn read_renamed(&self, from: &str, to: &str) -> Result<Contract> {
        if from != to {
            let admin = self.engine.admin_options().disable_statement_logging();
            let mut admin = admin.connect().await.map_err(broken)?;
            let rename = sqlx::raw_sql(AssertSqlSafe(classes::schema_renamed(from, to)));
            admin.execute(rename).await.map_err(broken)?;
        }
        let target = Connection::from_options(self.engine.admin_options());
        let mut session = Session::open(&target, PATIENCE).await?;
        let reading = session.read(None).await?;
        session.close().await;
        Ok(reading.contract)
    }
}
