//! Runs files: transactions, savepoints, failures, and what has to be done in another way.

mod elevation;
mod measure;
mod notes;
mod outcome;
pub(in crate::scratch) mod rehearsal;
mod resume;
mod stretch;

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::elevated::Admin;
use super::split::{self, Statement};
use super::treatment::{self, Treatment};
use super::{Atomicity, MigrationFile, Outcome, Progressed};
use crate::contract::Location;
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Passage;
use crate::progress::Progress;

use outcome::{ends_connection, error_text};

const SAVEPOINT: &str = "_pgpact";

/// Replays files over two connections: one that is the migration role's, one that is the superuser's.
pub(in crate::scratch) struct Runner {
    migration: PgConnection,
    admin: Admin,
    outcome: Outcome,
    passages: Vec<Passage>,
    /// How many of the statements so far are a plan's.
    planned: usize,
    state: State,
    set_aside: Vec<(usize, Vec<String>)>,
    is_strict: bool,
    migration_role: String,
    is_rehearsal: bool,
    /// Whether the present statement of a rehearsal runs nobody's code.
    is_harmless: bool,
    /// Whether it was refused for want of rights that nobody gets here.
    is_refused: bool,
    watching: Option<measure::Watching>,
}

/// Where a file stands between its transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    atomicity: Atomicity,
    in_transaction: bool,
    is_first: bool,
}

impl Runner {
    pub(in crate::scratch) async fn new(
        migration: PgConnection,
        admin: PgConnection,
        is_strict: bool,
    ) -> Result<Self, sqlx::Error> {
        Ok(Self {
            migration,
            admin: Admin::new(admin).await?,
            outcome: Outcome::default(),
            passages: Vec::new(),
            planned: 0,
            state: State {
                atomicity: Atomicity::File,
                in_transaction: false,
                is_first: true,
            },
            set_aside: Vec::new(),
            is_strict,
            migration_role: String::new(),
            is_rehearsal: false,
            is_harmless: false,
            is_refused: false,
            watching: None,
        })
    }

    /// From now on statements are a plan's, and the connection is the rehearser's in the migration role.
    pub(in crate::scratch) async fn rehearsing(mut self, role: &str) -> Result<Self> {
        self.is_rehearsal = true;
        self.migration_role = crate::sql::identifier(role);
        let set = format!("set role {}", self.migration_role);
        self.must(&set).await?;
        Ok(self)
    }

    /// From now on statements are migrations', run as the migration role runs them.
    pub(in crate::scratch) fn migrating(&mut self) {
        self.is_rehearsal = false;
        self.planned = self.passages.len();
        self.outcome = Outcome::default();
    }

    /// What became of them.
    pub(in crate::scratch) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Replays files in order.
    pub(in crate::scratch) async fn replay(
        &mut self,
        files: &[MigrationFile],
        atomicity: Atomicity,
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut split = split::ahead(files);
        for (done, file) in files.iter().enumerate() {
            progress.advance(done, files.len());
            let statements = split.recv().await;
            let statements = statements.unwrap_or_else(|| split::split(&file.text));
            self.file(file, &statements, atomicity).await?;
        }
        progress.advance(files.len(), files.len());
        Ok(())
    }

    /// What happened, where each statement stands, and the superuser's connection.
    pub(in crate::scratch) fn into_parts(self) -> (Outcome, Vec<Passage>, Admin) {
        (self.outcome, self.passages, self.admin)
    }

    async fn file(
        &mut self,
        file: &MigrationFile,
        statements: &[Statement],
        atomicity: Atomicity,
    ) -> Result<()> {
        let before = self.outcome.clone();
        if self.statements(file, statements, atomicity).await? {
            return Ok(());
        }
        // The commit was refused, for a deferred constraint say: one by one, all but the culprit stay.
        let refusal = self.outcome.failures.pop();
        self.outcome = before;
        self.statements(file, statements, Atomicity::Statement)
            .await?;
        if self.outcome.failures.is_empty() {
            self.outcome.failures.extend(refusal);
        }
        Ok(())
    }

    /// Runs a file's statements; false when its transaction could not be committed.
    async fn statements(
        &mut self,
        file: &MigrationFile,
        statements: &[Statement],
        atomicity: Atomicity,
    ) -> Result<bool> {
        self.state = State {
            atomicity,
            in_transaction: false,
            is_first: true,
        };
        if atomicity == Atomicity::File && self.whole(&file.path, statements).await? {
            return Ok(true);
        }
        self.state.in_transaction = atomicity == Atomicity::File;
        // As the Supabase CLI does: a dump's settings must not reach the next file.
        self.must(match atomicity {
            Atomicity::File => "begin; reset all; set check_function_bodies = off; commit; begin",
            Atomicity::Statement => "reset all; set check_function_bodies = off",
        })
        .await?;
        let mut rest = statements;
        while !rest.is_empty() {
            let stretch = self.stretch(&file.path, rest).await?;
            rest = &rest[stretch.done..];
            let (singly, after) = rest.split_at(stretch.singly);
            for statement in singly {
                self.note(&file.path, statement);
                if !self.statement(statement).await? {
                    return Ok(false);
                }
                self.look_closer(statement).await?;
                self.state.is_first = false;
            }
            rest = after;
        }
        if self.state.in_transaction && atomicity == Atomicity::Statement {
            self.skip("the transaction that this file begins is never committed");
            self.must("rollback").await?;
            self.state.in_transaction = false;
        }
        let committed = self.commit().await?;
        for (number, options) in std::mem::take(&mut self.set_aside) {
            let set = self.admin.set_index_options(number, &options).await;
            set.map_err(broken)?;
        }
        Ok(committed)
    }

    /// From now on this is the present statement.
    fn note(&mut self, file: &Arc<str>, statement: &Statement) {
        let location = Location {
            file: file.clone(),
            line: statement.line,
        };
        let lines = statement.lines.clone();
        self.passages.push(Passage { location, lines });
        self.outcome.statement_count += 1;
    }

    /// Runs one statement; false when a commit in it was refused.
    async fn statement(&mut self, statement: &Statement) -> Result<bool> {
        let node = statement.node.as_ref();
        match treatment::treatment(&statement.text, node) {
            Treatment::Run => self.run(statement, &statement.text, false).await?,
            Treatment::Data => self.run(statement, &statement.text, true).await?,
            Treatment::Inline(text) => {
                if self.state.in_transaction && !self.state.is_first {
                    self.skip("concurrently is refused after other statements of a transaction; it was run without");
                }
                self.run(statement, &text, false).await?;
            }
            Treatment::Begin => {
                if !self.state.in_transaction {
                    self.begin().await?;
                }
            }
            Treatment::Commit => {
                let committed = self.commit().await?;
                self.reopen().await?;
                return Ok(committed);
            }
            Treatment::Rollback => {
                self.must("rollback").await?;
                self.let_go();
                self.state.in_transaction = false;
                self.reopen().await?;
            }
            Treatment::Savepoint => self.execute(statement, &statement.text, false).await?,
            Treatment::CreateExtension { name, schema } => {
                return self
                    .create_extension(statement, &name, schema.as_deref())
                    .await;
            }
            Treatment::AsPlatform => return self.as_platform(statement).await,
            Treatment::Skip(why) => {
                if self.state.in_transaction && !self.state.is_first {
                    self.skip(why);
                }
            }
        }
        Ok(true)
    }

    async fn run(&mut self, statement: &Statement, text: &str, is_data: bool) -> Result<()> {
        let set_aside = treatment::set_aside_options(text, statement.node.as_ref());
        if let Some(set_aside) = set_aside
            && self.admin.is_standin("vector")
        {
            self.set_aside.push((self.number(), set_aside.options));
            return self.execute(statement, &set_aside.text, is_data).await;
        }
        self.execute(statement, text, is_data).await
    }

    /// Runs text under a savepoint where there is a transaction, and once more after making up a role.
    async fn execute(&mut self, statement: &Statement, text: &str, is_data: bool) -> Result<()> {
        let mut outcome = self.attempt(statement, text).await?;
        for _ in 0..8 {
            let Err(error) = &outcome else { return Ok(()) };
            if !self.help_along(error).await? {
                break;
            }
            outcome = self.attempt(statement, text).await?;
        }
        if let Err(error) = outcome {
            outcome = self.with_more_rights(statement, text, error).await?;
        }
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => self.fail(statement, &error, is_data),
        }
    }

    async fn attempt(
        &mut self,
        statement: &Statement,
        text: &str,
    ) -> Result<Result<(), sqlx::Error>> {
        let aspect = treatment::aspect(statement.node.as_ref());
        let at = format!("set pgpact.at = '{} {}'", self.number(), aspect.as_str());
        let is_savepoint = matches!(
            treatment::treatment(text, statement.node.as_ref()),
            Treatment::Savepoint
        );
        if !self.state.in_transaction || is_savepoint {
            self.must(&at).await?;
            if self.watching.is_some() && !is_savepoint {
                return self.alone(statement, text).await;
            }
            return Ok(self.send(text).await);
        }
        self.must(&format!("savepoint {SAVEPOINT}; {at}")).await?;
        self.count_scans().await?;
        let outcome = self.send(text).await;
        if outcome.as_ref().is_err_and(ends_connection) {
            return Ok(outcome);
        }
        if outcome.is_ok() {
            self.look(statement).await?;
        }
        let end = match &outcome {
            Ok(()) => format!("release savepoint {SAVEPOINT}"),
            Err(_) => format!("rollback to savepoint {SAVEPOINT}; release savepoint {SAVEPOINT}"),
        };
        self.must(&end).await?;
        Ok(outcome)
    }

    async fn begin(&mut self) -> Result<()> {
        self.must("begin").await?;
        self.state.in_transaction = true;
        Ok(())
    }

    /// Ends the transaction, if there is one; false when Postgres refused and rolled back.
    async fn commit(&mut self) -> Result<bool> {
        if !self.state.in_transaction {
            return Ok(true);
        }
        self.state.in_transaction = false;
        self.let_go();
        let Err(error) = self.send("commit").await else {
            return Ok(true);
        };
        if ends_connection(&error) {
            return Err(broken(error));
        }
        let location = self.location();
        self.record(
            location,
            "commit",
            error_text(&error),
            Default::default(),
            true,
        )?;
        Ok(false)
    }

    /// A file in one transaction goes on in a new one after it ended the first.
    async fn reopen(&mut self) -> Result<()> {
        match self.state.atomicity {
            Atomicity::File => self.begin().await,
            Atomicity::Statement => Ok(()),
        }
    }

    async fn send(&mut self, text: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        self.migration.execute(query).await.map(|_| ())
    }

    async fn must(&mut self, text: &str) -> Result<()> {
        self.send(text).await.map_err(broken)
    }

    /// The present statement's number, from 1.
    fn number(&self) -> usize {
        self.passages.len()
    }

    fn location(&self) -> Location {
        let passage = self
            .passages
            .last()
            .expect("a statement is noted before it is run");
        passage.location.clone()
    }
}

fn broken(error: sqlx::Error) -> Error {
    Error::new(
        ErrorCode::ScratchFailed,
        "the scratch's server failed during the replay",
    )
    .with_source(error)
}
