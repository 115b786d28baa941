//! A contract made anew in a scratch, for whoever wants to use it.

use std::collections::BTreeSet;

use super::{Claim, Stage};
use crate::classes;
use crate::contract::{self, Contract, Gap};
use crate::error::Result;
use crate::inspect::Scope;
use crate::scratch::{Choice, Environment, Scratch};

/// Makes a contract, limited to what is compared, anew; says what could not be brought there.
pub async fn rebuild(
    choice: &Choice,
    environment: &Environment,
    contract: &Contract,
    scope: &Scope,
) -> Result<(Scratch, BTreeSet<Gap>)> {
    let default_grants = classes::default_grants(contract);
    let claim = Claim {
        expected: contract,
        live: contract,
        default_grants: &default_grants,
        scope,
    };
    let (stage, rebuilt) = Stage::set(choice, environment, &claim).await?;
    let mut gaps = stage.gaps();
    let differing = contract::diff(contract, &rebuilt);
    gaps.extend(differing.iter().map(|delta| Gap {
        what: delta.id.to_string(),
        why: "it could not be made in the scratch as it is".to_owned(),
    }));
    Ok((stage.into_scratch(), gaps))
}
