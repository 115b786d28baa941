//! Proof: live is rebuilt in a scratch, the plan applied, read again and compared, and all of it once more.

mod go_on;
mod preview;
mod rebuild;
mod renaming;
mod stage;
mod trial;

use std::collections::BTreeSet;

use crate::classes;
use crate::contract::{self, Contract, Delta, Gap, Object, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Scope;
use crate::plan::{self, ReconcilePlan, Step};
use crate::scratch::{Choice, Environment};

pub use go_on::go_on;
pub use preview::{Preview, preview};
pub use rebuild::rebuild;
pub use renaming::Renaming;
use stage::Stage;
pub use trial::{Trial, try_on};

/// What is to be proven, and where.
#[derive(Debug)]
pub struct Claim<'a> {
    /// What there shall be, limited to what is compared.
    pub expected: &'a Contract,
    /// What there is, limited likewise; nothing for a plan that starts from nothing.
    pub live: &'a Contract,
    /// What new objects are granted without a word.
    pub default_grants: &'a [Object],
    /// What is compared.
    pub scope: &'a Scope,
}

/// What was shown.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The version of the server it was shown on.
    pub server_version: String,
    /// Objects that the rebuilt live does not have in the same way or that take a superuser: nothing is said of them.
    pub unrebuilt: BTreeSet<ObjectId>,
    /// What stood for what the scratch does not have.
    pub gaps: BTreeSet<Gap>,
}

/// Applies a plan to a rebuilt live, twice. An error names the step that fails or the object that still differs.
pub async fn prove(
    choice: &Choice,
    environment: &Environment,
    claim: &Claim<'_>,
    plan: &ReconcilePlan,
) -> Result<Proof> {
    let (mut stage, mut rebuilt) = Stage::set(choice, environment, claim).await?;
    let mut readings = Vec::new();
    for time in ["the first", "the second"] {
        if let Some((index, message)) = stage.run(claim, &plan.steps).await? {
            let message = format!("{time} time it was applied, a step failed: {message}");
            let help = format!("The step: {}", plan.steps[index].statement.sql);
            return Err(failed(message).with_help(help));
        }
        let mut after = stage.read(claim).await?;
        classes::align(&mut after, claim.expected);
        readings.push((time, after));
    }
    let after = readings
        .iter()
        .map(|(_, after)| contract::diff(claim.expected, after).len());
    if after.sum::<usize>() + contract::diff(claim.live, &rebuilt).len() > 0 {
        // What was printed and parsed again may be spelled in another way and say the same.
        let mut printer = stage.printer().await?;
        printer.agree(claim.live, &mut rebuilt).await?;
        for (_, after) in &mut readings {
            printer.agree(claim.expected, after).await?;
        }
    }
    let uncopied = contract::diff(claim.live, &rebuilt);
    let mut unrebuilt: BTreeSet<ObjectId> = uncopied.iter().map(|delta| delta.id.clone()).collect();
    unrebuilt.extend(unrehearsed(&plan.steps).cloned());
    unrebuilt.extend(stage.fallen().iter().cloned());
    let mut withheld: BTreeSet<&ObjectId> = plan.unsettled();
    withheld.extend(unrehearsed(&plan.steps));
    for (time, after) in &readings {
        let left = contract::diff(claim.expected, after);
        let withheld = with_heirs(&withheld, after, claim.expected);
        let is_open = |delta: &&Delta<'_>| {
            !belongs(delta, claim, &withheld)
                && !unrebuilt.contains(delta.id)
                && plan::reason_to_stay(delta).is_none()
        };
        let mut left = left.iter().filter(is_open);
        if let Some(delta) = left.next() {
            let message = format!(
                "after {time} time {} still differs, and {} more: {}",
                delta.id,
                left.count(),
                told(delta)
            );
            return Err(failed(message).with_help("This is a fault of pgpact; please report it with what the object is. --no-proof writes the plan all the same."));
        }
    }
    Ok(Proof {
        server_version: stage.server_version().to_owned(),
        unrebuilt: outermost(claim, &unrebuilt),
        gaps: stage.gaps(),
    })
}

/// What is inside of something that is named need not be named.
fn outermost(claim: &Claim<'_>, named: &BTreeSet<ObjectId>) -> BTreeSet<ObjectId> {
    let is_inside = |id: &ObjectId| {
        let object = claim.live.objects.get(id);
        let object = object.or(claim.expected.objects.get(id));
        let parent = object.and_then(|object| object.parent.as_ref());
        parent.is_some_and(|parent| named.contains(parent))
    };
    named.iter().filter(|id| !is_inside(id)).cloned().collect()
}

/// Gives live the expected side's text wherever both say the same, on a scratch where expected is made anew.
pub async fn agree(
    choice: &Choice,
    environment: &Environment,
    claim: &Claim<'_>,
    live: &mut Contract,
) -> Result<()> {
    let (stage, _) = Stage::set(choice, environment, claim).await?;
    let mut printer = stage.printer().await?;
    printer.agree(claim.expected, live).await
}

fn told(delta: &Delta<'_>) -> String {
    match &delta.change {
        contract::Change::Missing => "it is missing".to_owned(),
        contract::Change::Unexpected => "it is still there".to_owned(),
        contract::Change::Changed {
            fact,
            expected,
            live,
        } => {
            format!("{fact} is {live} instead of {expected}")
        }
    }
}

/// What is withheld, and what has it from there: a new partition has what its whole keeps.
fn with_heirs(
    withheld: &BTreeSet<&ObjectId>,
    after: &Contract,
    expected: &Contract,
) -> BTreeSet<ObjectId> {
    let mut all = plan::heirs(withheld.iter().copied(), after, expected);
    all.extend(withheld.iter().map(|id| (*id).clone()));
    all
}

/// Whether a difference is one that a withheld step leaves, on the object or on what it is inside of.
fn belongs(delta: &Delta<'_>, claim: &Claim<'_>, withheld: &BTreeSet<ObjectId>) -> bool {
    let mut id = Some(delta.id);
    let mut object = delta.live.or(delta.expected);
    while let Some(inside) = id {
        if withheld.contains(inside) {
            return true;
        }
        id = object.and_then(|object| object.parent.as_ref());
        object = id.and_then(|id| {
            claim
                .live
                .objects
                .get(id)
                .or(claim.expected.objects.get(id))
        });
    }
    false
}

/// Objects with steps that give more than a scratch may give.
fn unrehearsed(steps: &[Step]) -> impl Iterator<Item = &ObjectId> {
    let left_out = steps.iter().filter(|step| step.statement.is_unrehearsed);
    left_out.map(|step| &step.id)
}

fn failed(message: String) -> Error {
    Error::new(ErrorCode::ProofFailed, message)
}
