//! Whether new objects in `public` are open to the API roles, where nothing says so.
//!
//! Supabase used to open them by default; since 2026 new projects do not, and existing ones stopped: what is
//! older kept its grants (Supabase changelog 45329). Unless `supabase/config.toml` says which holds, a grant that
//! either explains is no drift.

use std::collections::BTreeSet;

use super::Settings;
use super::surroundings::Surroundings;
use crate::classes;
use crate::contract::{self, Contract, Delta, ObjectId};
use crate::error::Result;
use crate::findings::Finding;
use crate::inspect::Scope;
use crate::scratch::{Environment, Platform};
use crate::source::Loader;

/// Whether a live database is held to migrations of which nobody knows what they open.
pub(super) fn is_in_doubt(settings: &Settings, around: &Surroundings) -> bool {
    let project = settings.expected.project();
    around.environment.platform == Platform::Supabase
        && around.known.is_some()
        && project.is_supabase
        && project.exposes_new_objects.is_none()
}

/// Takes out the deltas of objects that do not differ when the other default is assumed; gives their number.
pub(super) async fn take_out_doubtful(
    loader: &Loader<'_>,
    settings: &Settings,
    scope: &Scope,
    live: &Contract,
    deltas: &mut Vec<Delta<'_>>,
) -> Result<usize> {
    let environment = Environment {
        exposes_new_objects: !loader.environment.exposes_new_objects,
        ..loader.environment.clone()
    };
    let loader = Loader {
        environment: &environment,
        ..*loader
    };
    let mut expected = loader.load(&settings.expected).await?;
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    classes::reduce_to_major(&mut expected.contract, live.server.major);
    classes::align(&mut expected.contract, live);
    let other = contract::diff(&expected.contract, live);
    let differing: BTreeSet<&ObjectId> = other.iter().map(|delta| delta.id).collect();
    let before = deltas.len();
    deltas.retain(|delta| differing.contains(delta.id));
    Ok(before - deltas.len())
}

/// Says what was not held against live.
pub(super) fn finding(settings: &Settings, count: usize) -> Option<Finding> {
    (count > 0).then(|| {
        let message = format!(
            "{count} differences of grants depend on whether new objects in public are open to the API roles, which nothing says"
        );
        Finding::of_configuration("exposure-unknown", "supabase/config.toml:1", message, &settings.severities)
    })
}
