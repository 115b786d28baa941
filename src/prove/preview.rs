//! Migrations on a copy of live: whether they run there, what they do to its tables, and what comes out.

use std::collections::BTreeSet;

use super::{Claim, Stage};
use crate::classes;
use crate::contract::{self, Contract, ObjectId};
use crate::error::Result;
use crate::progress::Progress;
use crate::scratch::{Atomicity, Choice, Effect, Environment, MigrationFile, Outcome};

/// What became of migrations on a copy of live.
#[derive(Debug)]
pub struct Preview {
    /// What failed or was left out.
    pub outcome: Outcome,
    /// What statements do to tables that exist.
    pub effects: Vec<Effect>,
    /// What there is afterwards, limited and spelled as the expected side is.
    pub after: Contract,
    /// What the copy does not have as live has it: nothing is said of that.
    pub uncopied: BTreeSet<ObjectId>,
}

/// Makes live anew in a scratch, from its contract alone, and runs migrations on it.
///
/// `claim.expected` is the contract that they are to end in.
pub async fn preview(
    choice: &Choice,
    environment: &Environment,
    claim: &Claim<'_>,
    batches: &[(Vec<MigrationFile>, Atomicity)],
    progress: &dyn Progress,
) -> Result<Preview> {
    let (mut stage, mut rebuilt) = Stage::set(choice, environment, claim).await?;
    let (outcome, effects) = stage.migrate(batches, progress).await?;
    let mut after = stage.read(claim).await?;
    classes::align(&mut after, claim.expected);
    let differing =
        contract::diff(claim.live, &rebuilt).len() + contract::diff(claim.expected, &after).len();
    if differing > 0 {
        let mut printer = stage.printer().await?;
        printer.agree(claim.live, &mut rebuilt).await?;
        printer.agree(claim.expected, &mut after).await?;
    }
    let uncopied = contract::diff(claim.live, &rebuilt);
    let mut uncopied: BTreeSet<ObjectId> = uncopied.iter().map(|delta| delta.id.clone()).collect();
    uncopied.extend(stage.fallen().iter().cloned());
    Ok(Preview {
        outcome,
        effects,
        after,
        uncopied,
    })
}
