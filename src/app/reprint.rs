//! Printed text that differs and may say the same: put to a server that knows the names in it.

use std::collections::BTreeSet;

use super::Settings;
use crate::classes::{self, is_of_printed_text};
use crate::contract::{self, Contract, Gap};
use crate::error::Result;
use crate::inspect::{Provenance, Scope};
use crate::prove::{self, Claim};
use crate::scratch::{Choice, Scratch};
use crate::source::{Loaded, Loader};

/// Gives live the expected side's text wherever both say the same; gives what could not be told.
pub(super) async fn agree(
    settings: &Settings,
    loader: &Loader<'_>,
    scope: &Scope,
    expected: &Loaded,
    live: &mut Loaded,
) -> Result<BTreeSet<Gap>> {
    if count(&expected.contract, &live.contract) == 0 {
        return Ok(BTreeSet::new());
    }
    let majors = (expected.contract.server.major, live.contract.server.major);
    // The older server prints what both can parse; what is new to it stays a difference.
    let replayed = [(majors.0, &expected.scratch), (majors.1, &live.scratch)];
    let replayed = replayed
        .iter()
        .filter_map(|(major, scratch)| Some((major, scratch.as_ref()?)));
    let is_kept =
        expected.scratch.is_none() && matches!(expected.provenance, Provenance::Replayed(_));
    let told = match replayed.min_by_key(|(major, _)| **major) {
        Some((_, scratch)) => {
            let mut printer = scratch.printer("postgres").await?;
            printer.agree(&expected.contract, &mut live.contract).await
        }
        None if is_kept => {
            let again = loader.with_server(&settings.expected).await?;
            match &again.scratch {
                Some(scratch) => {
                    let mut printer = scratch.printer("postgres").await?;
                    printer.agree(&expected.contract, &mut live.contract).await
                }
                None => Ok(()),
            }
        }
        None => agree_on_a_copy(settings, loader, scope, &mut live.contract).await,
    };
    Ok(untold_of(told, &expected.contract, &live.contract))
}

/// The same on a server that has every name of the expected contract.
pub(super) async fn agree_on(
    scratch: &Scratch,
    expected: &Contract,
    live: &mut Contract,
) -> Result<BTreeSet<Gap>> {
    if count(expected, live) == 0 {
        return Ok(BTreeSet::new());
    }
    let mut printer = scratch.printer("postgres").await?;
    let told = printer.agree(expected, live).await;
    Ok(untold_of(told, expected, live))
}

fn untold_of(told: Result<()>, expected: &Contract, live: &Contract) -> BTreeSet<Gap> {
    match told {
        Ok(()) => BTreeSet::new(),
        Err(error) => BTreeSet::from([untold(count(expected, live), &error.chain())]),
    }
}

/// Facts that are printed text and differ.
fn count(expected: &Contract, live: &Contract) -> usize {
    let deltas = contract::diff(expected, live);
    deltas
        .iter()
        .filter(|delta| is_of_printed_text(delta))
        .count()
}

/// Neither side was replayed, so what is expected is made anew first.
async fn agree_on_a_copy(
    settings: &Settings,
    loader: &Loader<'_>,
    scope: &Scope,
    live: &mut Contract,
) -> Result<()> {
    loader.progress.phase("rebuilding what is expected");
    let loader = Loader {
        with_needs: true,
        ..*loader
    };
    let mut expected = loader.load(&settings.expected).await?;
    let default_grants = classes::default_grants(&expected.contract);
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    let major = expected.contract.server.major.min(live.server.major);
    classes::reduce_to_major(&mut expected.contract, major);
    let claim = Claim {
        expected: &expected.contract,
        live: &expected.contract,
        default_grants: &default_grants,
        scope,
    };
    let choice = Choice {
        major: settings.scratch.major.or(Some(major)),
        ..loader.choice.clone()
    };
    prove::agree(&choice, loader.environment, &claim, live).await
}

fn untold(count: usize, why: &str) -> Gap {
    Gap {
        what: format!(
            "whether {count} expressions or queries that are spelled in two ways say the same; they are reported as different"
        ),
        why: format!("no server could parse both: {why}"),
    }
}
