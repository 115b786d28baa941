//! The two ways to a scratch database, behind one face.

use sqlx::postgres::PgConnectOptions;

use super::given::Given;
use super::private::{Private, unwatched};
use super::{Choice, Environment};
use crate::error::{Error, ErrorCode, Result};

/// Where the scratch database is. Dropping it takes everything away.
#[derive(Debug)]
pub(super) enum Engine {
    /// On a server of our own.
    Private(Private),
    /// On a server that somebody named.
    Given(Box<Given>),
}

impl Engine {
    pub(super) async fn start(choice: &Choice, environment: &Environment) -> Result<Self> {
        match &choice.server {
            Some(url) => Given::start(url, &environment.migration_role)
                .await
                .map(|given| Self::Given(Box::new(given))),
            None => {
                let admin = environment.admin();
                let private = Private::start(choice, admin).await?;
                Ok(Self::Private(private))
            }
        }
    }

    /// Whether nobody else uses the server.
    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::Private(_))
    }

    /// How to connect as superuser, unseen by what migrations made.
    pub(super) fn admin_options(&self) -> PgConnectOptions {
        match self {
            Self::Private(private) => private.admin_options(),
            Self::Given(given) => unwatched(given.admin_options()),
        }
    }

    /// An error of work on the server, with the reason where we ended it ourselves.
    pub(super) fn explained(&self, error: Error) -> Error {
        let reason = match self {
            Self::Private(private) => private.why_ended(),
            Self::Given(_) => None,
        };
        match reason {
            Some(reason) => Error::new(ErrorCode::ScratchFailed, format!("{error}: {reason}"))
                .with_help("See which statement writes that much; --scratch-limit allows more."),
            None => error,
        }
    }

    /// How to connect as the migration role.
    pub(super) fn migration_options(&self, role: &str) -> PgConnectOptions {
        match self {
            Self::Private(private) => private.options(role),
            Self::Given(given) => given.migration_options(),
        }
    }

    /// Lets the migration role in once the platform has made it.
    pub(super) async fn let_in(&mut self, role: &str) -> Result<()> {
        match self {
            Self::Private(_) => Ok(()),
            Self::Given(given) => given.let_in(role).await,
        }
    }
}
