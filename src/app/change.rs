//! A change on its way: base, head and live told apart.

mod access;
mod preview;

use std::collections::BTreeSet;

use super::surroundings::Surroundings;
use super::{Compared, Settings, reprint};
use crate::classes;
use crate::contract::{self, Change, ObjectId};
use crate::error::Result;
use crate::findings::{self, ContractChange};
use crate::progress::Progress;
use crate::report::{Proposed, Report};
use crate::source::{Loaded, Sources};

/// Holds live to the base, and says of each difference whether the change has to do with it.
pub(super) async fn compare(
    settings: &Settings,
    base: &Sources,
    progress: &dyn Progress,
) -> Result<Report> {
    if !settings.always_looks && base.are_same_sql(&settings.expected)? {
        return Ok(super::assemble::untouched(settings));
    }
    let mut compared = super::compare(settings, true, progress).await?;
    let around = Surroundings::new(settings, compared.around.known.take());
    let loader = around.loader(true, progress);
    let mut head = loader.load(&settings.expected).await?;
    progress.phase("comparing");
    let mut default_grants = classes::default_grants(&head.contract);
    default_grants.append(&mut compared.default_grants);
    let scope = &around.scope;
    scope.limit_expected(&mut head.contract, &head.provenance);
    // What live is held to is the base, unless live says that it has something else.
    let severities = &settings.severities;
    let (changes, widened) = match compared.history.held_to.are_same_sql(base)? {
        true => (
            changes(&compared.expected, &head),
            access::widened(&compared.expected, &head, severities),
        ),
        false => {
            let mut before = loader.load(base).await?;
            scope.limit_expected(&mut before.contract, &before.provenance);
            (
                changes(&before, &head),
                access::widened(&before, &head, severities),
            )
        }
    };
    let major = compared.actual.contract.server.major;
    classes::reduce_to_major(&mut head.contract, major);
    reprint::agree(settings, &loader, scope, &head, &mut compared.actual).await?;
    let apart = place(settings, &mut compared, &mut head, &changes);
    let merge = preview::Merge {
        settings,
        base,
        head: &head.contract,
        changes: &changes,
        apart: &apart,
        default_grants: &default_grants,
        scope,
        loader: &loader,
    };
    let previewed = merge.preview(widened, &mut compared).await?;
    compared.findings.extend(previewed.findings);
    compared.unprinted.extend(previewed.gaps);
    let mut report = super::report(settings, compared);
    report.proposed = Some(Proposed {
        head: super::assemble::side(&settings.expected, &head.contract),
        changes,
        effects: previewed.effects,
        access: Vec::new(),
    });
    Ok(report)
}

/// Says of each finding how it stands to the change; adds what fails in the head's replay alone. Gives what differs
/// between live and head.
fn place(
    settings: &Settings,
    compared: &mut Compared,
    head: &mut Loaded,
    changes: &[ContractChange],
) -> BTreeSet<(ObjectId, Option<String>)> {
    let (apart, mut around) = apart(compared, head);
    // What was set aside is in neither contract: no change makes it so.
    around.extend(compared.history.aside.objects.keys().cloned());
    let (findings, gate) = (&mut compared.findings, settings.drift_gate);
    findings::place_in_change(findings, changes, &apart, &around, gate);
    let failures = new_failures(settings, head, compared);
    compared.findings.extend(failures);
    apart
}

/// What the change makes of the contract, where nobody may look at live.
pub(super) async fn replay(
    settings: &Settings,
    base: &Sources,
    progress: &dyn Progress,
) -> Result<Report> {
    if base.are_same_sql(&settings.expected)? {
        return Ok(super::assemble::untouched(settings));
    }
    let (head, mut report) = super::replay_expected(settings, progress).await?;
    let before = Settings {
        expected: base.clone(),
        ..settings.clone()
    };
    let (base, _) = super::replay_expected(&before, progress).await?;
    report.proposed = Some(Proposed {
        head: report.expected.clone(),
        changes: changes(&base, &head),
        effects: Vec::new(),
        access: Vec::new(),
    });
    report.expected = super::assemble::side(&before.expected, &base.contract);
    Ok(report)
}

fn changes(base: &Loaded, head: &Loaded) -> Vec<ContractChange> {
    let (mut from, mut to) = (base.contract.clone(), head.contract.clone());
    let major = from.server.major.min(to.server.major);
    classes::reduce_to_major(&mut from, major);
    classes::reduce_to_major(&mut to, major);
    classes::align(&mut from, &to);
    classes::align(&mut to, &from);
    let deltas = contract::fold(contract::diff(&to, &from));
    findings::changes(&deltas, &to, &from)
}

/// What live does not have as the change makes it, by object and fact, and what those are inside of.
type Apart = (BTreeSet<(ObjectId, Option<String>)>, BTreeSet<ObjectId>);

fn apart(compared: &mut Compared, head: &mut Loaded) -> Apart {
    let live = &mut compared.actual.contract;
    classes::align(&mut head.contract, live);
    classes::align(live, &head.contract);
    let (mut apart, mut around) = Apart::default();
    for delta in contract::diff(&head.contract, live) {
        let fact = match delta.change {
            Change::Changed { fact, .. } => Some(fact.to_owned()),
            Change::Missing | Change::Unexpected => None,
        };
        apart.insert((delta.id.clone(), fact));
        for (object, side) in [(delta.expected, &head.contract), (delta.live, &*live)] {
            around.extend(
                object
                    .into_iter()
                    .flat_map(|object| findings::ancestors(object, side)),
            );
        }
    }
    (apart, around)
}

/// What fails in the head's replay and did not in the base's.
fn new_failures(settings: &Settings, head: &Loaded, compared: &Compared) -> Vec<findings::Finding> {
    let known: BTreeSet<&str> = compared
        .findings
        .iter()
        .map(|finding| &*finding.id.path)
        .collect();
    let mut failures = head.outcome.findings(&settings.severities);
    failures.retain(|finding| !known.contains(&*finding.id.path));
    failures
}
