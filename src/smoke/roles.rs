//! Whether the login may become the roles that requests run as.

use super::session::Session;
use super::settings::Roles;
use crate::error::{Error, ErrorCode, Result};
use crate::sql::{identifier, quoted};

/// Refuses a database that lacks a role, and a login that cannot become one, with the grant that it needs.
pub(super) async fn check(session: &mut Session, roles: &Roles, login: &str) -> Result<()> {
    let mut missing = Vec::new();
    let mut closed = Vec::new();
    for role in roles.all() {
        let set = format!("set local role {}", quoted(role));
        let answer = session.try_as_login("pg_catalog", &set).await?;
        match answer.rows {
            Ok(_) => {}
            Err(trouble) if trouble.is_denied() => closed.push(identifier(role)),
            // 22023: the role does not exist.
            Err(_) => missing.push(identifier(role)),
        }
    }
    if !missing.is_empty() {
        return Err(Error::new(
            ErrorCode::LiveRefused,
            format!("the database has no role {}: requests cannot be tried", missing.join(", ")),
        )
        .with_help("These are the roles that Supabase and PostgREST run requests as. Where they have other names, say so in pgpact.toml: [smoke] anon_role, authenticated_role, service_role; a database without such roles has nothing to smoke test."));
    }
    if !closed.is_empty() {
        let login = quoted(login);
        return Err(Error::new(
            ErrorCode::LiveRefused,
            format!(
                "{login} may not become {}: requests cannot be tried",
                closed.join(", ")
            ),
        )
        .with_help(format!(
            "Let it: `grant {} to {login};`, by a role that may grant them. Nothing was tried.",
            closed.join(", ")
        )));
    }
    Ok(())
}
