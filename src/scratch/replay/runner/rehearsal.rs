//! Runs the statements of a plan one by one, as somebody who is in every role but no superuser.

use std::collections::BTreeSet;

use super::{Runner, Statement};
use crate::contract::Location;
use crate::error::Result;
use crate::inspect::Passage;
use crate::scratch::Rehearsed;
use crate::scratch::replay::{Atomicity, split};

/// The login that rehearses. It is in every role that is no superuser, so that it may do what an owner may.
pub(in crate::scratch) const REHEARSER: &str = "_pgpact_rehearser";

impl Runner {
    /// Runs statements, see `Rehearsal::run`.
    pub(in crate::scratch) async fn rehearse(
        &mut self,
        steps: &[Rehearsed],
        refused: &mut (dyn FnMut(Option<usize>) -> BTreeSet<usize> + Send),
    ) -> Result<Option<(usize, String)>> {
        self.must("reset all; set check_function_bodies = off; set search_path = pg_catalog")
            .await?;
        self.state.atomicity = Atomicity::Statement;
        self.state.in_transaction = false;
        let mut left_out = refused(None);
        for (index, step) in steps.iter().enumerate() {
            if left_out.contains(&index) {
                continue;
            }
            if step.is_alone && !self.commit().await? {
                return Ok(self.failure(index));
            }
            if !step.is_alone && !self.state.in_transaction {
                self.begin().await?;
            }
            self.is_harmless = step.is_harmless;
            self.is_refused = false;
            for statement in split::split(&step.sql) {
                self.note_step(&statement);
                self.statement(&statement).await?;
            }
            if step.sql == "reset role" {
                // The plan's own role is the migration role.
                let back = format!("set role {}", self.migration_role);
                self.must(&back).await?;
            }
            if let Some(failure) = self.failure(index) {
                if self.is_refused {
                    left_out = refused(Some(index));
                    continue;
                }
                if self.state.in_transaction {
                    self.state.in_transaction = false;
                    self.must("rollback").await?;
                }
                return Ok(Some(failure));
            }
        }
        self.commit().await?;
        for (number, options) in std::mem::take(&mut self.set_aside) {
            let set = self.admin.set_index_options(number, &options).await;
            set.map_err(super::broken)?;
        }
        Ok(self.failure(steps.len().saturating_sub(1)))
    }

    /// Lets the rehearser into all roles there are.
    pub(in crate::scratch) async fn grant_roles(&mut self) -> Result<()> {
        let granted = self.admin.grant_all_roles(REHEARSER).await;
        granted.map_err(super::broken)
    }

    /// What the runs so far leave less sure.
    pub(in crate::scratch) fn gaps(&self) -> BTreeSet<crate::contract::Gap> {
        self.outcome.gaps.clone()
    }

    fn note_step(&mut self, statement: &Statement) {
        self.passages.push(Passage {
            location: Location {
                file: "plan".into(),
                line: statement.line,
            },
            lines: Default::default(),
        });
    }

    fn failure(&mut self, index: usize) -> Option<(usize, String)> {
        let failure = self.outcome.failures.pop()?;
        self.outcome.failures.clear();
        Some((index, failure.message))
    }

    /// Tries again what was refused for want of a right: as a member of every role, then, when the statement
    /// runs nobody's code, as the superuser.
    pub(super) async fn with_more_rights(
        &mut self,
        statement: &Statement,
        text: &str,
        error: sqlx::Error,
    ) -> Result<Result<(), sqlx::Error>> {
        if !self.is_rehearsal || !is_refusal(&error) {
            return Ok(Err(error));
        }
        self.admin
            .grant_all_roles(REHEARSER)
            .await
            .map_err(super::broken)?;
        let role = self.migration_role.clone();
        self.must("reset role").await?;
        let mut again = self.attempt(statement, text).await?;
        for _ in 0..8 {
            // The right was asked for before the role.
            let Err(error) = &again else { break };
            if !self.help_along(error).await? {
                break;
            }
            again = self.attempt(statement, text).await?;
        }
        self.must(&format!("set role {role}")).await?;
        match again {
            Err(error) if is_refusal(&error) && self.is_harmless => {
                if !self.commit().await? {
                    return Ok(Err(error));
                }
                let done = self.admin.run(text, "0 definition").await;
                self.is_refused = done.as_ref().is_err_and(is_refusal);
                self.begin().await?;
                Ok(done)
            }
            Err(error) => {
                self.is_refused = is_refusal(&error);
                Ok(Err(error))
            }
            done => Ok(done),
        }
    }
}

/// Whether it failed for want of a right (`insufficient_privilege`, documentation, appendix "Error Codes").
///
/// An aggregate over `internal` is a superuser's as well, and refused as a wrong definition (`AggregateCreate` in
/// `src/backend/catalog/pg_aggregate.c`).
fn is_refusal(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    match error.code().as_deref() {
        Some("42501") => true,
        Some("42P13") => error.message().contains("transition data type cannot be"),
        _ => false,
    }
}
