//! What the superuser's connection does for a statement: extensions, and what the platform lets its users do.

use sqlx::{Executor as _, Row as _};

use super::{Runner, Statement, broken};
use crate::error::Result;
use crate::scratch::replay::elevated::Extension;

impl Runner {
    /// Makes what a failed statement found missing and no migration is expected to make; true to try again.
    pub(super) async fn help_along(&mut self, error: &sqlx::Error) -> Result<bool> {
        let Some(error) = error.as_database_error() else {
            return Ok(false);
        };
        let code = error.code().unwrap_or_default();
        // A name may hold quotes, and nothing doubles them here.
        let message = error.message();
        let (first, last) = (message.find('"'), message.rfind('"'));
        let quoted = first
            .zip(last)
            .and_then(|(first, last)| message.get(first + 1..last));
        let quoted = quoted.map(str::to_owned);
        // A message may be anybody's words; names are no longer than that.
        let Some(name) = quoted.filter(|name| name.len() < 64) else {
            return Ok(false);
        };
        if code == "42704" && error.message().starts_with("role ") {
            // Roles belong to the server, so histories seldom make them. Reserved names are refused.
            if self.admin.create_role(&name).await.is_err() {
                return Ok(false);
            }
            if self.state.in_transaction {
                // Grants look up roles before they lock anything, and only a lock not held yet tells this session
                // that the role it did not find is there now.
                self.must("savepoint _pgpact_look; select from pg_catalog.pg_db_role_setting limit 0; rollback to savepoint _pgpact_look; release savepoint _pgpact_look")
                    .await?;
            }
            self.outcome.made_up_roles.insert(name.clone());
            self.gap(
                format!("role {name}"),
                "no migration makes it, so a role without any rights stood for it in the replay",
            );
            return Ok(true);
        }
        let wants_extension = error.message().starts_with("extension ")
            && matches!(&*code, "0A000" | "58P01")
            || error
                .message()
                .starts_with("permission denied to create extension")
                && code == "42501";
        if !wants_extension {
            return Ok(false);
        }
        // Asked for inside a block or function, where the statement itself is out of reach.
        if !self.commit().await? {
            return Ok(false);
        }
        let schema = self.current_schema().await?;
        let made = self.make_extension(&name, &schema).await;
        self.reopen().await?;
        Ok(matches!(made, Ok(outcome) if outcome != Extension::AlreadyThere))
    }

    pub(super) async fn create_extension(
        &mut self,
        statement: &Statement,
        name: &str,
        schema: Option<&str>,
    ) -> Result<bool> {
        let schema = match schema {
            Some(schema) => schema.to_owned(),
            None => self.current_schema().await?,
        };
        if !self.commit().await? {
            return Ok(false);
        }
        let made = self.make_extension(name, &schema).await;
        if let Err(error) = made {
            self.fail(statement, &error, false)?;
        }
        self.reopen().await?;
        Ok(true)
    }

    async fn make_extension(&mut self, name: &str, schema: &str) -> Result<Extension, sqlx::Error> {
        let at = format!("{} definition", self.number());
        let outcome = self.admin.create_extension(name, schema, &at).await?;
        match outcome {
            Extension::Real | Extension::AlreadyThere => {}
            Extension::StandIn => self.gap(
                format!("inside of extension {name}"),
                "the scratch's server does not have it, so a stand-in with its types, operators and functions was used",
            ),
            Extension::Empty => self.gap(
                format!("inside of extension {name}"),
                "the scratch's server does not have it, so an empty stand-in was used",
            ),
        }
        Ok(outcome)
    }

    pub(super) async fn as_platform(&mut self, statement: &Statement) -> Result<bool> {
        if !self.commit().await? {
            return Ok(false);
        }
        let at = format!("{} definition", self.number());
        if let Err(error) = self.admin.run(&statement.text, &at).await {
            self.fail(statement, &error, false)?;
        }
        self.reopen().await?;
        Ok(true)
    }

    /// Where `create extension` without a schema would put it.
    async fn current_schema(&mut self) -> Result<String> {
        // On a path that is the migration's.
        let query = "select coalesce(pg_catalog.current_schema(), 'public'::pg_catalog.name)::pg_catalog.text";
        let query = sqlx::raw_sql(query);
        let row = self.migration.fetch_one(query).await.map_err(broken)?;
        row.try_get_unchecked(0).map_err(broken)
    }
}
