//! A plan on a copy of live that it was not made for: the whole contract on what there is.

use std::collections::BTreeSet;

use super::{Claim, Stage};
use crate::classes;
use crate::contract::{self, ObjectId};
use crate::error::Result;
use crate::plan::ReconcilePlan;
use crate::scratch::{Choice, Environment};

/// What became of a plan on a copy of live that it was not made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It ran twice; these objects still differ.
    Applied {
        /// Which.
        differing: BTreeSet<ObjectId>,
    },
    /// A step failed.
    Stopped {
        /// The step's object.
        id: ObjectId,
        /// What Postgres said.
        message: String,
    },
}

/// Applies a plan twice to a rebuilt live and says what became of it.
pub async fn try_on(
    choice: &Choice,
    environment: &Environment,
    claim: &Claim<'_>,
    plan: &ReconcilePlan,
) -> Result<Trial> {
    let (mut stage, _) = Stage::set(choice, environment, claim).await?;
    for _ in 0..2 {
        if let Some((index, message)) = stage.run(claim, &plan.steps).await? {
            let id = plan.steps[index].id.clone();
            return Ok(Trial::Stopped { id, message });
        }
    }
    let mut after = stage.read(claim).await?;
    classes::align(&mut after, claim.expected);
    if !contract::diff(claim.expected, &after).is_empty() {
        let mut printer = stage.printer().await?;
        printer.agree(claim.expected, &mut after).await?;
    }
    let mut expected = claim.expected.clone();
    classes::align(&mut expected, &after);
    let left = contract::diff(&expected, &after);
    let differing = left.iter().map(|delta| delta.id.clone()).collect();
    Ok(Trial::Applied { differing })
}
