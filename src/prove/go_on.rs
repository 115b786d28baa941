//! A contract made anew in a scratch, and migrations replayed on it.

use std::collections::BTreeMap;

use super::{Claim, Stage};
use crate::classes;
use crate::contract::{Contract, Gap, Object, ObjectId};
use crate::error::Result;
use crate::progress::Progress;
use crate::scratch::{Atomicity, Choice, Environment, MigrationFile, Outcome};

/// What becomes of a saved contract by migrations, and what failed on the way.
///
/// What they do not touch stays as it was saved: printed text too, which another server might print otherwise.
pub async fn go_on(
    choice: &Choice,
    environment: &Environment,
    start: &Contract,
    batches: &[(Vec<MigrationFile>, Atomicity)],
    progress: &dyn Progress,
) -> Result<(Contract, Outcome)> {
    let scope = environment.platform.scope(Vec::new());
    let default_grants = classes::default_grants(start);
    let claim = Claim {
        expected: start,
        live: start,
        default_grants: &default_grants,
        scope: &scope,
    };
    let (mut stage, _) = Stage::set(choice, environment, &claim).await?;
    let before = stage.read_all(&scope).await?;
    progress.phase("replaying newer migrations");
    let mut outcome = stage.replay(batches, progress).await?;
    let mut after = stage.read_with_lines(&scope).await?;
    outcome.gaps.extend(stage.gaps());
    let unmade = start
        .objects
        .keys()
        .filter(|id| stage.fallen().contains(id));
    outcome.gaps.extend(unmade.map(|id| Gap {
        what: id.to_string(),
        why: "it takes a superuser to make it again: it stands as it was saved, whatever newer migrations do to it".to_owned(),
    }));
    after.objects = joined(start, &before.objects, std::mem::take(&mut after.objects));
    for (id, needs) in &start.needs {
        if after.objects.contains_key(id) {
            after
                .needs
                .entry(id.clone())
                .or_insert_with(|| needs.clone());
        }
    }
    after
        .coverage
        .not_compared
        .extend(start.coverage.not_compared.iter().cloned());
    after.migrations.clone_from(&start.migrations);
    Ok((after, outcome))
}

/// Each object as it was saved, unless the migrations made it, changed it or took it away.
fn joined(
    start: &Contract,
    before: &BTreeMap<ObjectId, Object>,
    after: BTreeMap<ObjectId, Object>,
) -> BTreeMap<ObjectId, Object> {
    let mut joined = start.objects.clone();
    // Made anew, and gone since.
    joined.retain(|id, _| !before.contains_key(id) || after.contains_key(id));
    for (id, object) in after {
        let is_untouched = before
            .get(&id)
            .is_some_and(|before| before.facts == object.facts && before.parent == object.parent);
        match start.objects.get(&id) {
            Some(_) if is_untouched => {}
            Some(saved) => {
                let changed = changed(saved, before.get(&id), object);
                joined.insert(id, changed);
            }
            // What the platform brings and nobody saved stays out.
            None if is_untouched => {}
            None => {
                joined.insert(id, object);
            }
        }
    }
    joined
}

/// Facts that the migrations changed, with their lines; the others as they were saved, lines included.
fn changed(saved: &Object, before: Option<&Object>, mut after: Object) -> Object {
    let touched = std::mem::replace(&mut after.location, saved.location.clone());
    let lines = std::mem::replace(&mut after.fact_locations, saved.fact_locations.clone());
    for (fact, value) in after.facts.edit() {
        let stood = before.and_then(|before| before.facts.get(fact));
        if stood == Some(value) {
            if let Some(saved) = saved.facts.get(fact) {
                value.clone_from(saved);
            }
        } else if let Some(line) = lines.get(fact).or(touched.as_ref()) {
            after.fact_locations.insert(fact.clone(), line.clone());
        }
    }
    after
}
