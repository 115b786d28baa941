//! Sends statements together, as many as go: a message and a savepoint for each is where the time of a long history
//! went. When one of them fails it is run again on its own, as is what was undone with it.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use pg_query::NodeEnum;
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};

use super::notes::{Closer, closer, look};
use super::outcome::ends_connection;
use super::{Runner, Statement};
use crate::error::Result;
use crate::scratch::replay::treatment::{self, Treatment};
use crate::sql;

/// How much goes in one message, at most.
const MOST_STATEMENTS: usize = 500;
const MOST_BYTES: usize = 1 << 20;

/// What became of the statements next in line.
pub(super) struct Stretch {
    /// So many of them ran.
    pub(super) done: usize,
    /// So many after those are to be run one by one.
    pub(super) singly: usize,
}

/// Commands to be sent together, and after how many completed ones each statement is done.
#[derive(Default)]
struct Message {
    text: String,
    commands: usize,
    done_after: Vec<usize>,
    /// After how many commands something is asked for.
    looks_after: Option<usize>,
}

impl Runner {
    /// Runs what can be sent together at the beginning of the given statements.
    pub(super) async fn stretch(
        &mut self,
        file: &Arc<str>,
        statements: &[Statement],
    ) -> Result<Stretch> {
        let length = self.length(statements);
        if length < 2 {
            return Ok(Stretch { done: 0, singly: 1 });
        }
        let statements = &statements[..length];
        if !self.state.in_transaction {
            let message = one_by_one(self.number() + 1, statements);
            let done = self.together(file, statements, message, &mut None).await?;
            return Ok(self.stand(file, &statements[..done], length));
        }
        let mut drawn = None;
        let mut tried = statements;
        // The second time without the one that failed and what follows it.
        for look in [drawn_by(statements), None] {
            let message = under_a_savepoint(self.number() + 1, tried, look.as_deref());
            let done = self.together(file, tried, message, &mut drawn).await?;
            if done == tried.len() {
                return Ok(self.stand(file, tried, length));
            }
            if let Some(drawn) = &drawn {
                self.draw(drawn).await;
            }
            tried = &tried[..done];
            if tried.is_empty() {
                return Ok(Stretch { done: 0, singly: 1 });
            }
        }
        let singly = length;
        Ok(Stretch { done: 0, singly })
    }

    /// Runs a whole file at once, in a transaction of its own, if it goes; nothing of it is left if it does not.
    pub(super) async fn whole(
        &mut self,
        file: &Arc<str>,
        statements: &[Statement],
    ) -> Result<bool> {
        if statements.is_empty() || self.length(statements) < statements.len() {
            return Ok(false);
        }
        let mut drawn = None;
        let message = whole_file(self.number() + 1, statements);
        let done = self.together(file, statements, message, &mut drawn).await?;
        if done == statements.len() {
            self.stand(file, statements, done);
            return Ok(true);
        }
        if let Some(drawn) = &drawn {
            self.draw(drawn).await;
        }
        Ok(false)
    }

    /// Sets sequences back: drawing is never undone.
    async fn draw(&mut self, drawn: &str) {
        let draw = format!("select _pgpact.draw({})", sql::literal(drawn));
        self.send(&draw).await.ok();
    }

    fn stand(&mut self, file: &Arc<str>, done: &[Statement], length: usize) -> Stretch {
        for statement in done {
            self.note(file, statement);
            self.state.is_first = false;
        }
        Stretch {
            done: done.len(),
            singly: usize::from(done.len() < length),
        }
    }

    /// How many statements can be sent together.
    fn length(&self, statements: &[Statement]) -> usize {
        if self.is_rehearsal || self.watching.is_some() {
            return 0;
        }
        let mut bytes = 0;
        let first = statements.iter().take(MOST_STATEMENTS);
        let fitting = first.take_while(|statement| {
            bytes += statement.text.len();
            bytes < MOST_BYTES && is_plain(statement)
        });
        fitting.count()
    }

    /// Sends a message; how many of its statements ran. What a failure leaves of its transaction is undone.
    /// What it says before all of them goes to `drawn`.
    async fn together(
        &mut self,
        file: &Arc<str>,
        statements: &[Statement],
        message: Message,
        drawn: &mut Option<String>,
    ) -> Result<usize> {
        let mut completed = 0;
        let error = {
            let query = sqlx::raw_sql(AssertSqlSafe(message.text));
            let mut results = self.migration.fetch_many(query);
            loop {
                match results.try_next().await {
                    Ok(Some(Either::Left(_))) => completed += 1,
                    Ok(Some(Either::Right(row))) if Some(completed) == message.looks_after => {
                        *drawn = row.try_get_unchecked(0).ok();
                    }
                    Ok(Some(Either::Right(_))) => {}
                    Ok(None) => return Ok(statements.len()),
                    Err(error) => break error,
                }
            }
        };
        let done = message
            .done_after
            .partition_point(|after| *after <= completed);
        // The end of a transaction may be what failed.
        let done = done.min(statements.len() - 1);
        if ends_connection(&error) {
            for statement in &statements[..=done] {
                self.note(file, statement);
            }
            self.fail(&statements[done], &error, false)?;
        }
        self.must(match self.state.in_transaction {
            true => "rollback to savepoint _pgpact_stretch; release savepoint _pgpact_stretch",
            false => "rollback",
        })
        .await?;
        Ok(done)
    }
}

/// Asks how far the sequences are drawn that statements may draw from, if any.
fn drawn_by(statements: &[Statement]) -> Option<String> {
    let mut tables = Vec::new();
    for statement in statements {
        match statement.node.as_ref()? {
            NodeEnum::InsertStmt(insert) => {
                let relation = insert.relation.as_ref()?;
                let name = [&relation.schemaname, &relation.relname]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .map(|part| sql::identifier(part))
                    .collect::<Vec<_>>()
                    .join(".");
                tables.push(format!("pg_catalog.to_regclass({})", sql::literal(&name)));
            }
            NodeEnum::SelectStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::MergeStmt(_)
            | NodeEnum::DoStmt(_)
            | NodeEnum::CallStmt(_) => return Some("select _pgpact.drawn(null)".to_owned()),
            _ => {}
        }
    }
    let tables = tables.join(", ");
    (!tables.is_empty()).then(|| format!("select _pgpact.drawn(array[{tables}])"))
}

impl Message {
    fn add(&mut self, command: &str) {
        // A comment may be the last of a statement's text.
        self.text.push_str(command);
        self.text.push_str("\n;\n");
        self.commands += 1;
    }

    /// Asks for something that the one who sends it wants to know.
    fn look(&mut self, query: Option<&str>) {
        if let Some(query) = query {
            self.looks_after = Some(self.commands);
            self.add(query);
        }
    }

    /// Adds statements that are in one transaction. GRANTs in a row are looked at together.
    fn add_all(&mut self, first: usize, statements: &[Statement]) {
        // Since when they run, and whether columns are among them.
        let mut run: Option<(usize, bool)> = None;
        for (index, statement) in statements.iter().enumerate() {
            let number = first + index;
            self.add_statement(number, statement);
            self.done_after.push(self.commands);
            match closer(statement) {
                Some(Closer::Granted { has_columns }) => {
                    let (from, has_before) = run.take().unwrap_or((number, false));
                    let has_columns = has_columns || has_before;
                    let next = statements.get(index + 1).and_then(closer);
                    if matches!(next, Some(Closer::Granted { .. })) {
                        run = Some((from, has_columns));
                    } else {
                        self.add(&look(Closer::Granted { has_columns }, from, number));
                    }
                }
                Some(shared) => self.add(&look(shared, number, number)),
                None => {}
            }
        }
    }

    fn add_statement(&mut self, number: usize, statement: &Statement) {
        let aspect = treatment::aspect(statement.node.as_ref()).as_str();
        self.add(&format!("set pgpact.at = '{number} {aspect}'"));
        self.add(&statement.text);
    }
}

/// In the transaction there is: all of them or none.
fn under_a_savepoint(first: usize, statements: &[Statement], look_first: Option<&str>) -> Message {
    let mut message = Message::default();
    message.look(look_first);
    message.add("savepoint _pgpact_stretch");
    message.add_all(first, statements);
    message.add("release savepoint _pgpact_stretch");
    message
}

/// A file from its beginning to its end, in a transaction of its own.
fn whole_file(first: usize, statements: &[Statement]) -> Message {
    let mut message = Message::default();
    for command in [
        "begin",
        "reset all",
        "set check_function_bodies = off",
        "commit",
        "begin",
    ] {
        message.add(command);
    }
    message.look(drawn_by(statements).as_deref());
    message.add_all(first, statements);
    message.add("commit");
    message
}

/// Each in a transaction of its own.
fn one_by_one(first: usize, statements: &[Statement]) -> Message {
    let mut message = Message::default();
    for (number, statement) in (first..).zip(statements) {
        message.add("begin");
        message.add_statement(number, statement);
        if let Some(closer) = closer(statement) {
            message.add(&look(closer, number, number));
        }
        message.add("commit");
        message.done_after.push(message.commands);
    }
    message
}

/// Whether a statement is run as it is written, and reads the same whatever came before it in its message.
fn is_plain(statement: &Statement) -> bool {
    let node = statement.node.as_ref();
    let is_run = matches!(
        treatment::treatment(&statement.text, node),
        Treatment::Run | Treatment::Data
    );
    let text = statement.text.to_ascii_lowercase();
    let changes_reading = [
        "standard_conforming_strings",
        "client_encoding",
        "backslash_quote",
    ]
    .iter()
    .any(|setting| text.contains(setting));
    node.is_some()
        && is_run
        && !changes_reading
        && !matches!(node, Some(NodeEnum::VariableSetStmt(set)) if set.name == "names")
        && treatment::set_aside_options(&statement.text, node).is_none()
}
