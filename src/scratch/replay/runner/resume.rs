//! Where a replay stands between two files, for one that goes on later or reads the lines so far.

use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use super::{Passage, Progressed, Runner, broken};
use crate::error::Result;

impl Runner {
    /// How far this is: between two files, no transaction is open.
    pub(in crate::scratch) fn progressed(&self) -> Progressed {
        Progressed {
            passages: self.passages.clone(),
            outcome: self.outcome.clone(),
            extensions: self.admin.extensions().clone(),
        }
    }

    /// Where statements stand, and how many of them, the first, are a plan's.
    pub(in crate::scratch) fn passages(&self) -> (Vec<Passage>, usize) {
        (self.passages.clone(), self.planned)
    }

    /// Goes on from there.
    pub(in crate::scratch) fn resume(&mut self, progressed: Progressed) {
        self.passages = progressed.passages;
        self.outcome = progressed.outcome;
        self.admin.resume(progressed.extensions);
    }

    /// Goes over to a session that begins now, in the migration role.
    pub(in crate::scratch) async fn go_over_to(&mut self, session: PgConnection) -> Result<()> {
        self.migration = session;
        let set = format!("set role {}", self.migration_role);
        self.must(&set).await
    }

    /// What a session that begins now is given by the database and by roles.
    pub(in crate::scratch) async fn given(&mut self) -> Result<String> {
        let query = "select coalesce(string_agg(concat_ws(' ', setdatabase, setrole, setconfig), ',' order by setdatabase, setrole), '')
                     from pg_db_role_setting";
        let row = self.admin().fetch_one(sqlx::raw_sql(query)).await;
        row.and_then(|row| row.try_get_unchecked(0)).map_err(broken)
    }

    /// Whether a session that goes on later finds all that this one would: no temporary or unlogged table, no role
    /// that a file left set.
    pub(in crate::scratch) async fn leaves_nothing_behind(&mut self) -> Result<bool> {
        let query = "select (current_user operator(pg_catalog.=) session_user and not exists (
                         select from pg_catalog.pg_class
                         where relpersistence operator(pg_catalog.=) any ('{t,u}'::pg_catalog.\"char\"[])
                     ))::pg_catalog.text";
        let row = self.migration.fetch_one(sqlx::raw_sql(query)).await;
        let answer: String = row
            .and_then(|row| row.try_get_unchecked(0))
            .map_err(broken)?;
        Ok(answer == "true")
    }

    /// The superuser's connection.
    pub(in crate::scratch) fn admin(&mut self) -> &mut PgConnection {
        self.admin.connection()
    }
}
