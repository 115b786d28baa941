//! What has to be known before the expected contract can be elaborated: server, platform, owner.

use super::Settings;
use crate::error::Result;
use crate::inspect::Scope;
use crate::progress::Progress;
use crate::scratch::{Choice, Environment, Platform};
use crate::source::{Live, Loader, Probe, probe};

/// What is known before anything is elaborated.
pub(super) struct Surroundings {
    pub(super) known: Option<Probe>,
    pub(super) environment: Environment,
    pub(super) choice: Choice,
    pub(super) scope: Scope,
}

impl Surroundings {
    /// What the configuration, the project's files and live, where there is one, say together.
    pub(super) fn new(settings: &Settings, known: Option<Probe>) -> Self {
        let environment = environment(settings, known.as_ref());
        Self {
            scope: environment.platform.scope(settings.schemas.clone()),
            choice: choice(settings, known.as_ref()),
            environment,
            known,
        }
    }

    /// Makes contracts in these surroundings.
    pub(super) fn loader<'a>(&'a self, with_needs: bool, progress: &'a dyn Progress) -> Loader<'a> {
        Loader {
            choice: &self.choice,
            environment: &self.environment,
            with_needs,
            progress,
        }
    }
}

/// Live is opened first: it says which server, platform and owner the expected side is made for.
pub(super) async fn open(settings: &Settings) -> Result<(Live, Option<Probe>)> {
    let mut live = Live::open(settings.live.clone()).await?;
    let known = match &mut live {
        Live::Database(session) => Some(probe(session).await?),
        Live::Served(_) | Live::Other(_) => None,
    };
    Ok((live, known))
}

/// What a scratch holds before the first migration: as configured, as the project's files say, as live is.
fn environment(settings: &Settings, known: Option<&Probe>) -> Environment {
    let project = settings.expected.project().or(settings.live.project());
    let is_supabase = project.is_supabase || known.is_some_and(|live| live.is_supabase);
    let found = if is_supabase {
        Platform::Supabase
    } else {
        Platform::Plain
    };
    let platform = settings.platform.unwrap_or(found);
    let migration_role = match (platform, known) {
        (Platform::Plain, Some(live)) if !live.owner.is_empty() => live.owner.clone(),
        (Platform::Plain | Platform::Supabase, _) => Platform::USUAL_ROLE.to_owned(),
    };
    let exposes_new_objects = project
        .exposes_new_objects
        .or_else(|| known.map(|live| live.exposes_new_objects))
        .unwrap_or(true);
    Environment {
        platform,
        migration_role,
        exposes_new_objects,
    }
}

/// Where scratches come from: of live's major version when there is one.
fn choice(settings: &Settings, known: Option<&Probe>) -> Choice {
    let major = known.map(|live| live.major).or(settings
        .expected
        .project()
        .or(settings.live.project())
        .major);
    Choice {
        major: settings.scratch.major.or(major),
        ..settings.scratch.clone()
    }
}
