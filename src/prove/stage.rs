//! Where a claim is tried: a rehearsal with live rebuilt on it, and what could not be brought there.

use std::collections::BTreeSet;

use super::{Claim, failed};
use crate::classes::{self, Class, Whole};
use crate::contract::{Contract, Gap, Object, ObjectId};
use crate::error::Result;
use crate::inspect::Scope;
use crate::plan::{self, Permissions, Step};
use crate::progress::Progress;
use crate::scratch::{
    Atomicity, Choice, Effect, Environment, MigrationFile, Outcome, Printer, Rehearsal, Rehearsed,
    Scratch,
};

/// A rehearsal of one claim.
pub(super) struct Stage {
    rehearsal: Rehearsal,
    /// What takes a superuser, and whatever needs it: a scratch gives nobody such rights.
    fallen: BTreeSet<ObjectId>,
}

impl Stage {
    /// Starts a scratch and makes live anew on it; gives that as it was read back.
    pub(super) async fn set(
        choice: &Choice,
        environment: &Environment,
        claim: &Claim<'_>,
    ) -> Result<(Self, Contract)> {
        let mut stage = Self {
            rehearsal: Rehearsal::start(choice, environment.clone()).await?,
            fallen: BTreeSet::new(),
        };
        let before = stage.read(claim).await?;
        let everything = Permissions {
            allowed: BTreeSet::from(["all".to_owned()]),
            is_bundle: false,
            is_copy: true,
        };
        let major = before.server.major;
        let bundle = plan::plan(
            claim.live,
            &before,
            claim.default_grants,
            &everything,
            major,
        );
        if let Some((index, message)) = stage.run(claim, &bundle.steps).await? {
            return Err(failed(format!(
                "live could not be rebuilt in a scratch: {}: {message}",
                bundle.steps[index].id
            ))
            .with_help("--no-proof writes the plan without having tried it."));
        }
        let mut rebuilt = stage.read(claim).await?;
        classes::align(&mut rebuilt, claim.live);
        Ok((stage, rebuilt))
    }

    /// Runs steps; the first that fails ends it. One that takes a superuser's rights is left out with all that needs it.
    pub(super) async fn run(
        &mut self,
        claim: &Claim<'_>,
        steps: &[Step],
    ) -> Result<Option<(usize, String)>> {
        let sides = [Whole::new(claim.expected), Whole::new(claim.live)];
        let Self { rehearsal, fallen } = self;
        let mut refused = |index: Option<usize>| -> BTreeSet<usize> {
            if let Some(index) = index {
                fall(&steps[index].id, &sides, fallen);
            }
            let cut_off = steps
                .iter()
                .enumerate()
                .filter(|(_, step)| fallen.contains(&step.id));
            cut_off.map(|(index, _)| index).collect()
        };
        rehearsal.run(&rehearsed(steps), &mut refused).await
    }

    /// Runs migrations on what is there.
    pub(super) async fn migrate(
        &mut self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<(Outcome, Vec<Effect>)> {
        self.rehearsal.migrate(batches, progress).await
    }

    /// What there is now, limited as the two sides are: what they name of the platform's is looked at too.
    pub(super) async fn read(&mut self, claim: &Claim<'_>) -> Result<Contract> {
        let all = self.rehearsal.read().await?.contract;
        let mut contract = all.clone();
        claim
            .scope
            .limit_expected(&mut contract, self.rehearsal.provenance());
        let named = |id: &ObjectId| {
            claim.expected.objects.contains_key(id) || claim.live.objects.contains_key(id)
        };
        // What neither side watches is the platform's: a plan from nothing does not begin by dropping it.
        let objects = &mut contract.objects;
        // A role that neither has was made up because something names it.
        let is_made_up =
            |object: &Object| classes::role_of(object).is_some_and(|role| !named(role));
        objects.retain(|id, object| {
            named(id) || !claim.scope.is_watched(object) && !is_made_up(object)
        });
        let kept = all.objects.into_iter().filter(|(id, _)| named(id));
        contract.objects.extend(kept);
        claim.scope.align(&mut contract, claim.expected);
        Ok(contract)
    }

    /// Replays migrations on what is there.
    pub(super) async fn replay(
        &mut self,
        batches: &[(Vec<MigrationFile>, Atomicity)],
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        self.rehearsal.replay(batches, progress).await
    }

    /// What there is now, limited as a replay is.
    pub(super) async fn read_all(&mut self, scope: &Scope) -> Result<Contract> {
        let mut contract = self.rehearsal.read().await?.contract;
        scope.limit_expected(&mut contract, self.rehearsal.provenance());
        Ok(contract)
    }

    /// The same, with the lines of the migrations that were replayed. They are known once.
    pub(super) async fn read_with_lines(&mut self, scope: &Scope) -> Result<Contract> {
        let mut contract = self.rehearsal.read_with_lines().await?.contract;
        scope.limit_expected(&mut contract, self.rehearsal.provenance());
        Ok(contract)
    }

    /// A printer that knows every name there is now. The stage is over then: it lets everybody in.
    pub(super) async fn printer(&self) -> Result<Printer> {
        self.rehearsal.printer().await
    }

    /// The scratch that it was set on.
    pub(super) fn into_scratch(self) -> Scratch {
        self.rehearsal.into_scratch()
    }

    /// What could not be brought here.
    pub(super) fn fallen(&self) -> &BTreeSet<ObjectId> {
        &self.fallen
    }

    pub(super) fn server_version(&self) -> &str {
        self.rehearsal.server_version()
    }

    /// What stood for what the scratch does not have.
    pub(super) fn gaps(&self) -> BTreeSet<Gap> {
        self.rehearsal.gaps()
    }
}

/// Adds an object and whatever is inside of it or needs it, on either side.
fn fall(id: &ObjectId, sides: &[Whole<'_>], fallen: &mut BTreeSet<ObjectId>) {
    let mut pending = vec![id.clone()];
    while let Some(id) = pending.pop() {
        for side in sides {
            pending.extend(
                side.children(&id)
                    .iter()
                    .map(|object| &object.id)
                    .chain(side.dependents(&id).iter().copied())
                    .filter(|id| !fallen.contains(*id))
                    .cloned(),
            );
        }
        fallen.insert(id);
    }
}

/// Steps as the rehearsal runs them.
fn rehearsed(steps: &[Step]) -> Vec<Rehearsed> {
    let is_harmless = |id: &ObjectId| {
        Class::named(id.class.as_str()).is_some_and(|class| class.rules.is_harmless)
    };
    steps
        .iter()
        .map(|step| Rehearsed {
            sql: match step.statement.is_unrehearsed {
                true => "select".to_owned(),
                false => step.statement.sql.clone(),
            },
            is_alone: step.statement.section != crate::classes::Section::Transaction,
            is_harmless: is_harmless(&step.id),
        })
        .collect()
}
