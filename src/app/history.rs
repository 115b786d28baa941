//! What live is expected to be: the migrations that it says it has, where it says so.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Settings;
use super::repair::Repair;
use crate::classes::Severity;
use crate::contract::{self, Contract, Gap, Location, Object, ObjectId};
use crate::error::Result;
use crate::findings::{self, DriftGate, Finding, Standing as Standpoint, ancestors};
use crate::inspect::{Histories, Scope};
use crate::progress::Progress;
use crate::source::{
    Known, Live, Loader, Migrations, Place, RemarkKind, Sources, Standing, known, standing,
};

/// How often a history is looked at while a deploy is waited for.
const PAUSE: Duration = Duration::from_secs(2);

/// What live says that it ran, held against the repository.
pub(super) struct History {
    /// What live is held to.
    pub(super) held_to: Sources,
    /// What is not as it should be.
    pub(super) findings: Vec<Finding>,
    /// What could not be looked at.
    pub(super) gaps: Vec<Gap>,
    /// Paths of migrations that live has, where it says so.
    pub(super) applied: BTreeSet<String>,
    read: Option<Histories>,
    repair: Option<Repair>,
    /// What was taken out of live: tables of migration tools with all that is theirs.
    pub(super) aside: Contract,
    /// Paths of what is replayed in live's own words, which may hold what the repository does not.
    recorded: BTreeSet<String>,
    /// A hash of what was read, to tell whether another run read the same.
    pub(super) as_read: String,
}

impl History {
    /// Reads live's history, where one is kept and wanted; waits for migrations that may be on their way.
    pub(super) async fn read(
        settings: &Settings,
        live: &mut Live,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let begin = Instant::now();
        let mut history = Self::without(settings);
        let folder = settings.expected.folder();
        let (Live::Database(session), Some(folder)) = (live, folder) else {
            return Ok(history);
        };
        let mut migrations = folder.migrations()?;
        let start = settings.expected.start()?;
        let merged = merged(settings)?;
        loop {
            let histories = session.histories().await?;
            let says = match settings.uses_history {
                true => known(&migrations, &histories),
                false => Known::Nothing,
            };
            let may_wait = begin.elapsed() + PAUSE < settings.wait;
            let deploy = match settings.uses_history {
                true => session.deploy(&histories).await?,
                false => None,
            };
            if deploy.is_some() && may_wait {
                progress.phase("waiting for a deploy to end");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            history
                .findings
                .extend(deploy.map(|sign| in_flight(settings, &sign)));
            match says {
                Known::Recorded(recorded) => {
                    let newer = start.as_ref().map(|start| start.newer(recorded));
                    if let Some(start) = &start {
                        migrations.go_on_after(start)?;
                    }
                    let standing = standing(&migrations, newer.as_ref().unwrap_or(recorded));
                    let waits = missing(&migrations, &standing, merged.as_ref()) > 0;
                    if waits && may_wait {
                        history.findings.clear();
                        progress.phase("waiting for migrations to be applied");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                    history.take(settings, &migrations, &standing, merged.as_ref());
                }
                Known::Hidden(gap) => {
                    history.gaps.push(gap.clone());
                }
                Known::Nothing => {}
            }
            history.read = Some(histories);
            history.as_read = history.content();
            return Ok(history);
        }
    }

    /// What is known before live is asked: it is held to the base, where there is one.
    fn without(settings: &Settings) -> Self {
        let held_to = settings.base.as_ref().unwrap_or(&settings.expected);
        Self {
            held_to: held_to.clone(),
            findings: Vec::new(),
            gaps: Vec::new(),
            applied: BTreeSet::new(),
            read: None,
            repair: None,
            aside: Contract::default(),
            recorded: BTreeSet::new(),
            as_read: String::new(),
        }
    }

    /// Takes the tables that migration tools keep out of live, where nothing declares them: they are no drift.
    pub(super) fn set_aside(&mut self, live: &mut Contract, expected: &Contract) {
        let tables = self.read.iter().flat_map(Histories::tables);
        let tables: Vec<String> = tables.map(str::to_owned).collect();
        for table in &tables {
            let is_declared = expected.objects.keys().any(|id| *id.path == *table);
            if is_declared || !live.objects.keys().any(|id| *id.path == *table) {
                continue;
            }
            let column = format!("{table}.");
            let is_its = |object: &Object| {
                *object.id.path == *table
                    || ancestors(object, live).iter().any(|id| *id.path == *table)
                    || object
                        .text("owned_by")
                        .is_some_and(|owner| owner.starts_with(&column))
            };
            let own: BTreeSet<ObjectId> = live
                .objects
                .values()
                .filter(|object| is_its(object))
                .map(|object| object.id.clone())
                .collect();
            let is_inside_own =
                |object: &Object| ancestors(object, live).iter().any(|id| own.contains(id));
            let inside = live.objects.values().filter(|object| is_inside_own(object));
            let inside: BTreeSet<ObjectId> = inside.map(|object| object.id.clone()).collect();
            self.move_aside(live, |id| own.contains(id) || inside.contains(id));
            let schema = empty_schema(table, live, expected);
            self.move_aside(live, |id| schema.contains(id));
            self.gaps.push(Gap {
                what: table.to_owned(),
                why: "a migration tool keeps its history there".to_owned(),
            });
        }
    }

    fn move_aside(&mut self, live: &mut Contract, is_its: impl Fn(&ObjectId) -> bool) {
        for (id, object) in std::mem::take(&mut live.objects) {
            let side = if is_its(&id) {
                &mut self.aside
            } else {
                &mut *live
            };
            side.objects.insert(id, object);
        }
    }

    /// What is wrong with what was set aside all the same: a history that strangers reach is theirs to write.
    pub(super) fn exposed(&self, settings: &Settings) -> Vec<Finding> {
        let nothing = Contract::default();
        let deltas = contract::fold(contract::diff(&nothing, &self.aside));
        let severities = &settings.severities;
        let mut found = findings::judge(&deltas, &nothing, &self.aside, &[], severities);
        found.retain(|finding| finding.severity == Severity::Critical);
        found
    }

    /// Says of a proposed repair whether it holds.
    pub(super) async fn prove_repair(
        &mut self,
        settings: &Settings,
        loader: &Loader<'_>,
        scope: &Scope,
    ) -> Result<()> {
        match self.repair.take() {
            Some(repair) => {
                let findings = &mut self.findings;
                repair.prove(settings, loader, scope, findings).await
            }
            None => Ok(()),
        }
    }

    /// Live's own words are not quoted: they may hold secrets that no file has.
    pub(super) fn unquote(&self, findings: &mut [Finding]) {
        for finding in findings {
            let location = finding.location.as_ref();
            let is_recorded = location.is_some_and(|at| self.recorded.contains(&*at.file));
            if is_recorded && finding.id.class.as_str() == "migration" {
                finding.expected = None;
            }
        }
    }

    fn content(&self) -> String {
        let Self {
            held_to,
            findings,
            gaps,
            applied,
            read,
            repair,
            aside: _,
            recorded,
            as_read: _,
        } = self;
        let repairs = repair.is_some();
        let told = format!(
            "{} {findings:?} {gaps:?} {applied:?} {read:?} {repairs} {recorded:?}",
            held_to.label()
        );
        blake3::hash(told.as_bytes()).to_hex().to_string()
    }

    /// Whether live says something else by now: a deploy was under way while it was read.
    pub(super) async fn has_moved(&self, live: &mut Live) -> Result<bool> {
        match (live, &self.read) {
            (Live::Database(session), Some(read)) => Ok(session.histories().await? != *read),
            (Live::Database(_) | Live::Served(_) | Live::Other(_), _) => Ok(false),
        }
    }

    fn take(
        &mut self,
        settings: &Settings,
        migrations: &Migrations,
        standing: &Standing,
        merged: Option<&BTreeSet<String>>,
    ) {
        let path = |index: usize| migrations.all[index].file.path.to_string();
        self.held_to = settings.expected.as_applied(standing);
        self.repair = Repair::new(settings, migrations, standing);
        let text = |index: usize| &migrations.all[index].file.text;
        let own = standing
            .applied
            .iter()
            .filter(|one| one.file.map(text) != Some(&one.replay.text));
        self.recorded = own.map(|one| one.replay.path.to_string()).collect();
        self.applied = standing
            .applied
            .iter()
            .filter_map(|one| one.file)
            .map(path)
            .collect();
        self.gaps.extend(standing.lost.iter().map(|version| {
            Gap {
                what: format!("what migration {version} did"),
                why: "live says that it ran it, and neither a file nor a record has its statements"
                    .to_owned(),
            }
        }));
        for remark in &standing.remarks {
            let file = remark.file.map(path);
            let is_new = match (&file, merged) {
                (Some(file), Some(merged)) => !merged.contains(file),
                (None, _) | (_, None) => false,
            };
            // What a change brings is yet to be applied.
            if is_new && remark.kind == RemarkKind::Unapplied {
                continue;
            }
            let mut finding = remark.finding(&settings.severities);
            if merged.is_some() && !is_new {
                finding.standing = Some(Standpoint::Elsewhere);
                finding.is_gating = settings.drift_gate == DriftGate::Always;
            }
            self.findings.push(finding);
        }
        let early = self.applied_early(settings, merged);
        self.findings.extend(early);
    }

    /// What live ran that is not merged yet.
    fn applied_early(
        &self,
        settings: &Settings,
        merged: Option<&BTreeSet<String>>,
    ) -> Vec<Finding> {
        let early = self
            .applied
            .iter()
            .filter(|path| merged.is_some_and(|merged| !merged.contains(*path)));
        let early = early.map(|path| {
            let location = Location {
                file: path.as_str().into(),
                line: 1,
            };
            let message = format!("live ran {path} before it was merged");
            let severities = &settings.severities;
            let code = "migration-applied-early";
            let mut finding = Finding::of_statement(code, location, message, None, severities);
            "Applied and not merged".clone_into(&mut finding.group);
            finding
        });
        early.collect()
    }
}

/// A schema that a tool made for its table alone, with what is the schema's.
fn empty_schema(table: &str, live: &Contract, expected: &Contract) -> BTreeSet<ObjectId> {
    let Some((schema, _)) = table.rsplit_once('.') else {
        return BTreeSet::new();
    };
    let inside = format!("{schema}.");
    let is_used = live.objects.keys().any(|id| id.path.starts_with(&inside));
    if is_used || expected.objects.keys().any(|id| *id.path == *schema) {
        return BTreeSet::new();
    }
    let its = live.objects.values().filter(|object| {
        *object.id.path == *schema || ancestors(object, live).iter().any(|id| *id.path == *schema)
    });
    its.map(|object| object.id.clone()).collect()
}

/// Paths that the base has, where a change is looked at.
fn merged(settings: &Settings) -> Result<Option<BTreeSet<String>>> {
    let Some(base) = &settings.base else {
        return Ok(None);
    };
    let batches = base.batches()?.0;
    let files = batches.iter().flat_map(|(files, _)| files);
    Ok(Some(files.map(|file| file.path.to_string()).collect()))
}

/// The versions of the migrations that live says it ran, or that are replayed for it.
pub(super) async fn versions(settings: &Settings, live: &mut Live) -> Result<BTreeSet<String>> {
    if let Live::Database(session) = live {
        let histories = session.histories().await?;
        let entries = histories
            .recorded
            .iter()
            .flat_map(|recorded| &recorded.entries);
        let ran = entries.filter(|entry| !entry.has_failed && !entry.version.is_empty());
        return Ok(ran.map(|entry| entry.version.clone()).collect());
    }
    let migrations = settings.live.folder().map(Place::migrations).transpose()?;
    let versions = migrations.iter().flat_map(Migrations::versions);
    Ok(versions.map(str::to_owned).collect())
}

/// A deploy is running: what is not applied yet may be in a moment.
fn in_flight(settings: &Settings, sign: &str) -> Finding {
    let message = format!("a deploy is under way: {sign}");
    let severities = &settings.severities;
    let mut finding =
        Finding::of_migration("migration-in-flight", "deploy", None, message, severities);
    "In flight".clone_into(&mut finding.group);
    finding
}

/// How many migrations that were merged live does not have.
fn missing(
    migrations: &Migrations,
    standing: &Standing,
    merged: Option<&BTreeSet<String>>,
) -> usize {
    let is_merged = |index: &&usize| {
        merged.is_none_or(|merged| merged.contains(&*migrations.all[**index].file.path))
    };
    standing.unapplied.iter().filter(is_merged).count()
}
