//! Several targets, each verified on its own: what one comes to says nothing of another.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use tempfile::TempDir;

use super::{Settings, assemble, tenants};
use crate::config::Tenants;
use crate::contract::Pattern;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::{Progress, Silent};
use crate::report::{self, Report, Shard, Side, Threshold};
use crate::scratch::temporary_folder;
use crate::source::{Live, Sources};

/// Which databases a server has that take connections, templates aside.
const DATABASES: &str = "\
select d.datname, ''
from pg_catalog.pg_database as d
where d.datallowconn and not d.datistemplate
order by d.datname";

/// Several databases that are verified in one run.
#[derive(Debug)]
pub struct Fleet {
    /// Each of them.
    pub targets: Vec<Target>,
    /// Patterns of names; empty means all.
    pub only: Vec<Pattern>,
    /// The part that this run takes; all where there is none.
    pub shard: Option<Shard>,
    /// How many are verified at the same time.
    pub jobs: usize,
    /// From where on findings fail the run.
    pub threshold: Threshold,
}

/// One of them, as it is configured.
#[derive(Debug)]
pub struct Target {
    /// How it is called.
    pub name: String,
    /// How it is compared, or why that cannot be said.
    pub settings: Result<Settings>,
    /// Whether it stands for several.
    pub tenants: Tenants,
}

/// What is looked at in one go, and what came of it by name.
enum Member {
    Known(String, Box<Report>),
    Database(String, Box<Settings>),
    Schemas(String, Box<Settings>, Pattern, Option<String>),
}

/// Verifies all targets that are asked for, so many at the same time, and reports whatever happens.
///
/// # Errors
/// When the patterns name no target: a misspelt name must not verify nothing and call it fine.
pub async fn verify_all(fleet: Fleet, progress: &dyn Progress) -> Result<Report> {
    let begin = Instant::now();
    let mut fleet = fleet;
    let _shared = share(&mut fleet)?;
    let (jobs, threshold) = (fleet.jobs.max(1), fleet.threshold);
    let picked = Picked {
        only: fleet.only.clone(),
        shard: fleet.shard,
    };
    let members = members(fleet, &picked, progress).await?;
    let (mut done, total) = (0, members.len());
    let looks = members.into_iter().map(|member| look(member, &picked));
    let mut looks = stream::iter(looks).buffer_unordered(jobs);
    let mut reports = Vec::new();
    while let Some(looked) = looks.next().await {
        done += 1;
        for (name, report) in looked {
            progress.phase(&format!(
                "{name}: {}",
                report::markdown::verdict_line(&report)
            ));
            reports.push((name, report));
        }
        progress.advance(done, total);
    }
    let shard = picked.shard;
    let mut report = report::join(reports, shard);
    report.threshold = threshold;
    report.timing.total = begin.elapsed();
    Ok(report)
}

/// Lets all of them take from one cache what they are held to, so that it is replayed once; gives the folder where
/// none was named.
fn share(fleet: &mut Fleet) -> Result<Option<TempDir>> {
    let mut settings = fleet
        .targets
        .iter_mut()
        .filter_map(|target| target.settings.as_mut().ok());
    let Some(first) = settings.next() else {
        return Ok(None);
    };
    let turn = first.scratch.turn.clone();
    let folder = match first.scratch.cache {
        Some(_) => None,
        None => Some(temporary_folder()?),
    };
    for settings in std::iter::once(first).chain(settings) {
        settings.scratch.turn = turn.clone();
        if let Some(folder) = &folder {
            settings.scratch.cache = Some(folder.path().to_owned());
        }
    }
    Ok(folder)
}

/// Names of all targets, tenants that are databases or schemas included.
///
/// # Errors
/// When a server that has to be asked for them does not answer.
pub async fn names(fleet: Fleet, progress: &dyn Progress) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let picked = Picked {
        only: fleet.only.clone(),
        shard: None,
    };
    for member in members(fleet, &picked, progress).await? {
        match member {
            Member::Known(name, report) => match &report.failure {
                Some(failure) => {
                    let message = format!("{name}: {}", failure.message);
                    return Err(Error::new(failure.code, message)
                        .with_help(failure.help.clone().unwrap_or_default()));
                }
                None => names.push(name),
            },
            Member::Database(name, _) => names.push(name),
            Member::Schemas(name, settings, pattern, _) => {
                let schemas = tenants::schemas(&settings, &pattern).await?;
                let schemas = schemas.into_iter().map(|schema| format!("{name}/{schema}"));
                names.extend(schemas.filter(|tenant| picked.wants(&name, tenant)));
            }
        }
    }
    Ok(names)
}

/// Which of all targets a run takes.
struct Picked {
    only: Vec<Pattern>,
    shard: Option<Shard>,
}

impl Picked {
    fn wants(&self, group: &str, name: &str) -> bool {
        let mut only = self.only.iter();
        self.only.is_empty()
            || only.any(|pattern| pattern.matches_text(group) || pattern.matches_text(name))
    }

    fn takes(&self, group: &str, name: &str) -> bool {
        self.wants(group, name) && self.shard.is_none_or(|shard| shard.has(name))
    }

    /// What a group is called that nobody could look into: each shard then misses tenants of its own.
    fn lost(&self, group: &str) -> String {
        match self.shard {
            Some(shard) => format!("{group} (shard {shard})"),
            None => group.to_owned(),
        }
    }
}

/// What there is to look at: databases that a server has are asked for.
async fn members(fleet: Fleet, picked: &Picked, progress: &dyn Progress) -> Result<Vec<Member>> {
    progress.phase("looking for targets");
    let mut members = Vec::new();
    let mut unmet: Vec<&Pattern> = picked.only.iter().collect();
    for target in fleet.targets {
        let Target {
            name,
            settings,
            tenants,
        } = target;
        let is_group = tenants != Tenants::Itself;
        // A pattern for tenants of one target need not reach the servers of others.
        let reaches = |pattern: &&Pattern| is_group && reaches_into(pattern, &name);
        if !picked.wants(&name, &name) && !picked.only.iter().any(|pattern| reaches(&pattern)) {
            continue;
        }
        let found = match settings {
            Ok(settings) => expand(&name, settings, tenants).await,
            Err(error) => vec![Member::Known(name.clone(), Box::new(unknown(&error)))],
        };
        for mut member in found {
            let is_open = is_group && !matches!(member, Member::Database(..));
            unmet.retain(|pattern| {
                let is_met = pattern.matches_text(&name) || pattern.matches_text(member.name());
                !(is_met || is_open && reaches(pattern))
            });
            if let (true, Member::Known(lost, _)) = (is_group, &mut member) {
                *lost = picked.lost(&name);
            }
            if is_open || picked.takes(&name, member.name()) {
                members.push(member);
            }
        }
    }
    once_each(&mut members);
    match unmet.as_slice() {
        [] => Ok(members),
        _ => Err(no_such_target(&unmet)),
    }
}

/// Whether names below a target may match: `eu/tenant_*` reaches into `eu`.
fn reaches_into(pattern: &Pattern, name: &str) -> bool {
    let head = pattern.as_str().split_once('/').map(|(head, _)| head);
    head.and_then(|head| Pattern::parse(head).ok())
        .is_some_and(|head| head.matches_text(name))
}

/// Of a group's reports those that this run takes; what is none of a tenant is everybody's.
fn picked_of(
    group: &str,
    reports: Vec<(String, Report)>,
    picked: &Picked,
) -> Vec<(String, Report)> {
    let is_known = |name: &str| name == group || picked.wants(group, name);
    if !reports.iter().any(|(name, _)| is_known(name)) {
        let only: Vec<&Pattern> = picked.only.iter().collect();
        return vec![(picked.lost(group), unknown(&no_such_target(&only)))];
    }
    let own = reports
        .into_iter()
        .filter_map(|(name, report)| match name == group {
            true => Some((picked.lost(group), report)),
            false => picked.takes(group, &name).then_some((name, report)),
        });
    own.collect()
}

/// What is asked of a contract, and of code, is asked once, however many databases are held to it.
fn once_each(members: &mut [Member]) {
    let mut seen = BTreeSet::new();
    for member in members {
        let (Member::Database(_, settings) | Member::Schemas(_, settings, ..)) = member else {
            continue;
        };
        if !seen.insert(settings.expected.label()) {
            (settings.access, settings.lint, settings.usage) = (None, None, None);
        }
    }
}

impl Member {
    fn name(&self) -> &str {
        match self {
            Self::Known(name, _) | Self::Database(name, _) | Self::Schemas(name, ..) => name,
        }
    }
}

async fn expand(name: &str, settings: Settings, tenants: Tenants) -> Vec<Member> {
    let pattern = match tenants {
        Tenants::Itself => return vec![Member::Database(name.to_owned(), Box::new(settings))],
        Tenants::Schemas(pattern, expected) => {
            return vec![Member::Schemas(
                name.to_owned(),
                Box::new(settings),
                pattern,
                expected,
            )];
        }
        Tenants::Databases(pattern) => pattern,
    };
    match databases(&settings, &pattern).await {
        Ok(databases) => databases
            .into_iter()
            .map(|(database, live)| {
                let settings = Settings {
                    live,
                    ..settings.clone()
                };
                Member::Database(format!("{name}/{database}"), Box::new(settings))
            })
            .collect(),
        Err(error) => {
            let report = assemble::unknown(&settings, &error);
            vec![Member::Known(name.to_owned(), Box::new(report))]
        }
    }
}

/// The databases of a server whose names match, and the way to each.
async fn databases(settings: &Settings, pattern: &Pattern) -> Result<Vec<(String, Sources)>> {
    let Some(server) = settings.live.database().cloned() else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "`databases` names databases of a server, and `live` is none",
        )
        .with_help(
            "Let `live` of that target be a connection string to any database of the server.",
        ));
    };
    let Live::Database(mut session) = Live::open(settings.live.clone()).await? else {
        return Ok(Vec::new());
    };
    let rows = session.ask(DATABASES).await?;
    session.close().await;
    let names = rows.into_iter().map(|(name, _)| name);
    let found: Vec<_> = names
        .filter(|name| pattern.matches_text(name))
        .map(|name| {
            let live = Sources::of_database(server.with_database(&name));
            (name, live)
        })
        .collect();
    match found.is_empty() {
        true => Err(none_like(pattern, "database", &server.label())),
        false => Ok(found),
    }
}

/// What is asked for and not there is no verdict: an empty list would be a green that nobody earned.
pub(super) fn none_like(pattern: &Pattern, what: &str, place: &str) -> Error {
    let message = format!(
        "{place} has no {what} whose name is like {}",
        pattern.as_str()
    );
    Error::new(ErrorCode::LiveRefused, message)
        .with_help("Correct the pattern, or take the target out of the configuration.")
}

/// One of them; a fault of ours on one is no reason to say nothing of the others.
async fn look(member: Member, picked: &Picked) -> Vec<(String, Report)> {
    let name = member.name().to_owned();
    let is_group = matches!(member, Member::Schemas(..));
    let work = async {
        match member {
            Member::Known(name, report) => vec![(name, *report)],
            Member::Database(name, settings) => {
                let report = super::verify(&settings, &Silent).await;
                vec![(name, report)]
            }
            Member::Schemas(name, settings, pattern, expected) => {
                tenants::verify(&name, &settings, &pattern, expected.as_deref()).await
            }
        }
    };
    // Each adds to a future that has to fit on a stack.
    let ended = AssertUnwindSafe(Box::pin(work)).catch_unwind().await;
    let reports = ended.unwrap_or_else(|_| {
        let error = Error::new(
            ErrorCode::InspectFailed,
            format!("looking at {name} ended in a fault of pgpact itself"),
        )
        .with_help("Report this, with what stands on standard error.");
        vec![(name.clone(), unknown(&error))]
    });
    match is_group {
        true => picked_of(&name, reports, picked),
        false => reports,
    }
}

fn unknown(error: &Error) -> Report {
    Report::unknown(error, Side::default(), Side::default(), Threshold::Never)
}

fn no_such_target(only: &[&Pattern]) -> Error {
    let only: Vec<&str> = only.iter().map(|pattern| pattern.as_str()).collect();
    Error::new(ErrorCode::ConfigInvalid, format!("no target is called {}", only.join(" or ")))
        .with_help("Names stand under [[target]] in pgpact.toml; tenants are NAME/DATABASE and NAME/SCHEMA, and `*` matches any part.")
}
