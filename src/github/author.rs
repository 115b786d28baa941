//! Under which name the token writes: only what has our marker and our name is ours to change.

use serde::Deserialize;
use tokio::time::Instant;

use super::client::Client;
use super::retry::Trouble;

/// The name of the job's own token.
const ACTIONS: &str = "github-actions[bot]";

/// An account as it stands on what it wrote.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Author {
    login: String,
}

impl Author {
    /// Whether this is the account of that login.
    pub(super) fn is(&self, login: &str) -> bool {
        self.login.eq_ignore_ascii_case(login)
    }
}

/// The login of the token.
///
/// The app that owns our check run is the surest; tokens of apps may not ask who they are, those of people
/// may. No person can have a login with brackets, so nobody can pose as an app.
pub(super) async fn login(
    client: &Client,
    app_slug: Option<&str>,
    deadline: Instant,
) -> Result<String, Trouble> {
    if let Some(slug) = app_slug {
        return Ok(format!("{slug}[bot]"));
    }
    match client.get_global::<Author>("/user", deadline).await {
        Ok(author) => Ok(author.login),
        Err(Trouble::Denied { .. } | Trouble::Refused { .. }) => Ok(ACTIONS.to_owned()),
        Err(trouble @ (Trouble::GaveUp { .. } | Trouble::Nonsense(_))) => Err(trouble),
    }
}
