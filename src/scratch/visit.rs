//! Guests on a scratch that is built: one that fills and tries, as anybody, and never as superuser.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};

use super::engine::Engine;
use super::replay::grant_all_roles;
use super::{Scratch, broken};
use crate::error::Result;
use crate::sql;

/// The login of whoever fills and tries.
const VISITOR: &str = "_pgpact_visitor";

/// Two connections to a scratch that nobody else may use any more.
pub struct Visit {
    /// The superuser's: it reads catalogs and runs nothing of anybody's.
    pub admin: PgConnection,
    /// A login that is in every role and that row-level security does not hold.
    pub visitor: PgConnection,
}

/// What the visitor may use besides what its roles own: what belongs to the superuser.
const OPEN: &str = "do $$
declare
  n record;
begin
  for n in select nspname from pg_namespace where nspname !~ '^(pg_|_pgpact$|_stub$)' and nspname <> 'information_schema' loop
    execute format('grant usage on schema %I to {visitor}', n.nspname);
    execute format('grant select, insert, update, delete on all tables in schema %I to {visitor}', n.nspname);
    execute format('grant usage on all sequences in schema %I to {visitor}', n.nspname);
  end loop;
end $$";

impl Scratch {
    /// Opens both connections, and a schema for what the visitor needs.
    pub async fn visit(&self) -> Result<Visit> {
        let options = self.engine.admin_options().disable_statement_logging();
        let mut admin = options.connect().await.map_err(broken)?;
        let login = match &self.engine {
            Engine::Private(_) => VISITOR.to_owned(),
            Engine::Given(given) => given.login().to_owned(),
        };
        let visitor = sql::identifier(&login);
        let invite = match &self.engine {
            Engine::Private(_) => format!("create role {visitor} login inherit bypassrls"),
            // Its login begins as the migration role.
            Engine::Given(_) => {
                format!("alter role {visitor} inherit bypassrls; alter role {visitor} reset role")
            }
        };
        let open = OPEN.replace("{visitor}", &visitor);
        let setup = format!(
            "set search_path = pg_catalog; set session_replication_role = replica; {invite}; {open};
             create schema _pgpact_access; grant usage on schema _pgpact_access to {visitor}"
        );
        admin
            .execute(sqlx::raw_sql(AssertSqlSafe(setup)))
            .await
            .map_err(broken)?;
        grant_all_roles(&mut admin, &login).await.map_err(broken)?;
        let options = match &self.engine {
            Engine::Private(private) => private.options(VISITOR),
            Engine::Given(given) => given.migration_options(),
        };
        let visitor = options
            .disable_statement_logging()
            .connect()
            .await
            .map_err(broken)?;
        Ok(Visit { admin, visitor })
    }
}
