//! What a merge would really do: the pending migrations on a copy of live.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::{Compared, Settings};
use crate::classes::{self, Size};
use crate::contract::{self, Change, Contract, Delta, Gap, Object, ObjectId};
use crate::error::Result;
use crate::findings::{ContractChange, Finding, ancestors};
use crate::inspect::Scope;
use crate::plan::{self, Permissions};
use crate::prove::{self, Claim, Preview};
use crate::report::EffectLine;
use crate::scratch::Effect;
use crate::source::{self, Live, Loader, Pending, Sources};

/// A change that is about to be merged.
pub(super) struct Merge<'a> {
    pub(super) settings: &'a Settings,
    pub(super) base: &'a Sources,
    pub(super) head: &'a Contract,
    pub(super) changes: &'a [ContractChange],
    /// What differs between live and head before the merge.
    pub(super) apart: &'a BTreeSet<(ObjectId, Option<String>)>,
    pub(super) default_grants: &'a [Object],
    pub(super) scope: &'a Scope,
    pub(super) loader: &'a Loader<'a>,
}

/// What the preview has to say.
#[derive(Default)]
pub(super) struct Previewed {
    pub(super) findings: Vec<Finding>,
    pub(super) effects: Vec<EffectLine>,
    pub(super) gaps: Vec<Gap>,
}

impl Merge<'_> {
    /// Runs the pending migrations on a copy of live. That there is no copy is told, and is no error.
    /// `told` is what is known of the change already, to be allowed or not like what is found.
    pub(super) async fn preview(
        &self,
        told: Vec<Finding>,
        compared: &mut Compared,
    ) -> Result<Previewed> {
        let mut pending = self.settings.expected.added_to(self.base)?;
        pending.take_out(&compared.history.applied);
        let mut previewed = Previewed {
            findings: told,
            ..Previewed::default()
        };
        for file in &pending.edited {
            previewed.findings.push(self.finding("migration-rewritten", file, 1, format!(
                "{file} was merged before and is edited here: databases that ran it do not run it again"
            )));
        }
        // A history says more of that than the two directories.
        if compared.history.applied.is_empty() {
            previewed.findings.extend(self.late()?);
        }
        if pending.batches.iter().all(|(files, _)| files.is_empty()) {
            return Ok(previewed);
        }
        let first = pending.first();
        match self.tried(&pending, &compared.actual.contract).await {
            Ok(preview) => self.told(&preview, &first, compared, &mut previewed).await,
            Err(error) => {
                let why = error.chain();
                let message = format!("what the merge does to live could not be tried: {why}");
                let finding = self.finding("merge-not-tried", &first, 1, message);
                previewed.findings.push(finding);
            }
        }
        for finding in &mut previewed.findings {
            finding.ignored = pending.allowance(&finding.code, finding.location.as_ref());
        }
        Ok(previewed)
    }

    /// New files that sort before merged ones: a database that is there runs them late, a new one early.
    fn late(&self) -> Result<Vec<Finding>> {
        let folders = (self.settings.expected.folder(), self.base.folder());
        let (Some(head), Some(base)) = folders else {
            return Ok(Vec::new());
        };
        let remarks = source::late(&head.migrations()?, &base.migrations()?);
        let severities = &self.settings.severities;
        Ok(remarks
            .iter()
            .map(|remark| remark.finding(severities))
            .collect())
    }

    async fn tried(&self, pending: &Pending, live: &Contract) -> Result<Preview> {
        let Loader {
            choice,
            environment,
            progress,
            ..
        } = self.loader;
        progress.phase("trying the change on a copy of live");
        let claim = Claim {
            expected: self.head,
            live,
            default_grants: self.default_grants,
            scope: self.scope,
        };
        prove::preview(choice, environment, &claim, &pending.batches, *progress).await
    }

    async fn told(
        &self,
        preview: &Preview,
        first: &str,
        compared: &mut Compared,
        previewed: &mut Previewed,
    ) {
        let sizes = sizes(&mut compared.live, &preview.effects).await;
        let findings = &mut previewed.findings;
        findings.extend(self.failures(preview));
        if preview.outcome.failures.is_empty() {
            findings.extend(self.other_end(preview, first));
        }
        findings.extend(self.advice(&preview.effects, &sizes));
        let base = &compared.expected.contract;
        findings.extend(self.losses(base, &preview.effects, first));
        previewed.gaps.extend(self.gaps(preview));
        let effects = preview.effects.iter();
        previewed.effects = effects.flat_map(|effect| lines(effect, &sizes)).collect();
    }

    fn failures(&self, preview: &Preview) -> Vec<Finding> {
        let failures = preview.outcome.failures.iter().map(|failure| {
            let location = failure.statement.location.clone();
            let message = format!("fails on a copy of live: {}", failure.message);
            let severities = &self.settings.severities;
            let text = Some(failure.text.clone());
            Finding::of_statement("merge-fails", location, message, text, severities)
        });
        failures.collect()
    }

    /// What differs from the contract after the merge and did not before: the migrations meet something in live
    /// that the repository does not know.
    fn other_end(&self, preview: &Preview, file: &str) -> Vec<Finding> {
        let mut head = self.head.clone();
        classes::align(&mut head, &preview.after);
        let deltas = contract::fold(contract::diff(&head, &preview.after));
        let touched: BTreeSet<&ObjectId> = self.changes.iter().map(|change| &change.id).collect();
        let is_new = |delta: &&Delta<'_>| {
            let fact = match delta.change {
                Change::Changed { fact, .. } => Some(fact.to_owned()),
                Change::Missing | Change::Unexpected => None,
            };
            let was_there = self.apart.contains(&(delta.id.clone(), fact));
            let object = delta.expected.or(delta.live);
            let mut around = object
                .map(|object| ancestors(object, &head))
                .unwrap_or_default();
            around.push(delta.id.clone());
            !preview.uncopied.contains(delta.id)
                && (!was_there || around.iter().any(|id| touched.contains(id)))
                && plan::reason_to_stay(delta).is_none()
        };
        let of_class = |delta: &Delta<'_>| {
            let what = match &delta.change {
                Change::Missing => "is missing".to_owned(),
                Change::Unexpected => "is still there".to_owned(),
                Change::Changed { fact, .. } => format!("differs in {}", fact.replace('_', " ")),
            };
            let message = format!("after the merge {} {what} on live", delta.id);
            let place = delta.expected.and_then(|object| object.location.clone());
            match place {
                Some(place) => {
                    self.finding("merge-ends-elsewhere", &place.file, place.line, message)
                }
                None => self.finding("merge-ends-elsewhere", file, 1, message),
            }
        };
        deltas.iter().filter(is_new).map(of_class).collect()
    }

    /// What a statement does that somebody should have decided on.
    fn advice(&self, effects: &[Effect], sizes: &Sizes) -> Vec<Finding> {
        let mut findings = Vec::new();
        for effect in effects {
            for (relation, lock) in &effect.locks {
                let size = told(relation, sizes);
                let out = match effect.blocks_reads(relation) {
                    true => "nobody reads or writes it",
                    false => "nobody writes it",
                };
                let (code, what) = if effect.rewrites.contains(relation) {
                    (
                        "migration-rewrites-table",
                        format!("rewrites {relation}{size} under {lock}: meanwhile {out}"),
                    )
                } else if !effect.scans.contains(relation) {
                    continue;
                } else if lock == "ShareLock" {
                    (
                        "migration-builds-index",
                        format!(
                            "builds an index on {relation}{size} under {lock}: meanwhile {out}"
                        ),
                    )
                } else {
                    (
                        "migration-reads-table",
                        format!("reads all of {relation}{size} under {lock}: meanwhile {out}"),
                    )
                };
                let (file, line) = (&effect.location.file, effect.location.line);
                let mut finding = self.finding(code, file, line, what);
                if is_small(relation, sizes) && !self.settings.severities.contains_key(code) {
                    finding.severity = classes::Severity::Note;
                }
                findings.push(finding);
            }
        }
        findings
    }

    /// What is in the base and cannot be had back after the change.
    fn losses(&self, base: &Contract, effects: &[Effect], first: &str) -> Vec<Finding> {
        let (nothing, major) = (Permissions::default(), base.server.major);
        let plan = plan::plan(self.head, base, self.default_grants, &nothing, major);
        let losses = plan.losses().map(|(id, loss)| {
            let change = self.changes.iter().find(|change| change.id == *id);
            let group = change.map_or("", |change| change.group.as_str());
            // The statement that touches its table last.
            let touches = |effect: &&Effect| effect.locks.contains_key(group);
            let last = effects.iter().rev().find(touches);
            let message = format!("{id} loses its data: {}", loss.replace('-', " "));
            match last {
                Some(Effect { location, .. }) => self.finding(
                    "migration-loses-data",
                    &location.file,
                    location.line,
                    message,
                ),
                None => self.finding("migration-loses-data", first, 1, message),
            }
        });
        losses.collect()
    }

    fn gaps(&self, preview: &Preview) -> Vec<Gap> {
        let uncopied = preview.uncopied.len();
        let mut gaps: Vec<Gap> = preview.outcome.gaps.iter().cloned().collect();
        if uncopied > 0 {
            gaps.push(Gap {
                what: format!("{uncopied} objects in the trial of the merge"),
                why: "the copy of live does not have them as live has".to_owned(),
            });
        }
        gaps
    }

    fn finding(&self, code: &'static str, file: &str, line: u32, message: String) -> Finding {
        let location = contract::Location {
            file: file.into(),
            line,
        };
        Finding::of_statement(code, location, message, None, &self.settings.severities)
    }
}

type Sizes = BTreeMap<String, Size>;

/// Below this a table is read or written in less time than it takes to notice.
const SMALL: u64 = 16 << 20;

fn is_small(relation: &str, sizes: &Sizes) -> bool {
    sizes.get(relation).is_some_and(|size| size.bytes < SMALL)
}

fn told(relation: &str, sizes: &Sizes) -> String {
    let size = sizes.get(relation);
    size.map(|size| format!(" ({})", plan::size_told(*size)))
        .unwrap_or_default()
}

/// How large the tables are in live; nothing where live is no database or does not say.
async fn sizes(live: &mut Live, effects: &[Effect]) -> Sizes {
    let Live::Database(session) = live else {
        return Sizes::new();
    };
    let names: BTreeSet<&str> = effects
        .iter()
        .flat_map(|effect| effect.locks.keys().chain(&effect.writes))
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        return Sizes::new();
    }
    let names: Vec<&str> = names.into_iter().collect();
    let sizes = session.sizes(&names).await.unwrap_or_default();
    let size = |(name, (bytes, rows))| (name, Size { bytes, rows });
    sizes.into_iter().map(size).collect()
}

fn lines(effect: &Effect, sizes: &Sizes) -> Vec<EffectLine> {
    let relations: BTreeSet<&String> = effect.locks.keys().chain(&effect.writes).collect();
    let line = |relation: &String| EffectLine {
        location: effect.location.clone(),
        relation: relation.clone(),
        lock: effect.locks.get(relation).cloned(),
        rewrites: effect.rewrites.contains(relation),
        scans: effect.scans.contains(relation),
        writes: effect.writes.contains(relation),
        size: sizes.get(relation).map(|size| plan::size_told(*size)),
    };
    relations.into_iter().map(line).collect()
}
