//! The way back: the plan, what the data says to it, its proof, and the file.

mod data;
mod heading;
mod renames;

use super::history::History;
use super::smoke::needs_connection;
use super::surroundings::{Surroundings, open};
use super::{Settings, reprint};
use crate::apply;
use crate::classes;
use crate::contract::{self, Contract, Object, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::{Connection, Scope};
use crate::plan::{self, Heading, Permissions, ReconcilePlan};
use crate::progress::Progress;
use crate::report::{self, PlanReport};
use crate::scratch::{Choice, Environment};
use crate::source::Live;

use renames::Found;
pub use renames::Renames;

/// What is asked of a plan.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The whole contract as one file, instead of what differs.
    pub full: bool,
    /// Whether the plan is tried before it is given out.
    pub with_proof: bool,
    /// Whether the data is asked what would fail.
    pub with_data_checks: bool,
    /// Whether the key of a row in the way may be shown.
    pub shows_rows: bool,
    /// What becomes of what seems to have got another name.
    pub renames: Renames,
    /// Whether a person may be asked.
    pub may_ask: bool,
    /// Whether the file is run by a migration tool that puts it in a transaction.
    pub in_transaction: bool,
    /// Whether live is brought to the migrations that it says it has, and no further.
    pub as_applied: bool,
    /// Losses that are wanted.
    pub permissions: Permissions,
}

/// A plan with all that is known about it.
#[derive(Debug)]
pub struct Reconciled {
    /// The plan.
    pub plan: ReconcilePlan,
    /// The file.
    pub sql: String,
    /// What was renamed and what the data says, for a terminal.
    pub notes: Vec<String>,
    /// The same as JSON.
    pub json: String,
}

/// Both sides as a plan sees them.
struct Sides {
    expected: Contract,
    live: Contract,
    default_grants: Vec<Object>,
    /// Roles of live that what is compared names and the contract does not have.
    other_roles: Vec<Object>,
    scope: Scope,
    environment: Environment,
    choice: Choice,
    database: Live,
}

/// Plans, asks the data, proves. Live is only read.
pub async fn reconcile(
    settings: &Settings,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Reconciled> {
    let work = prepare(settings, request, progress);
    let outcome = tokio::time::timeout(settings.timeout, work).await;
    outcome.unwrap_or_else(|_| Err(super::timed_out(settings.timeout)))
}

/// Applies a plan to live and looks again; gives what still differs. Only a database can be changed.
pub async fn apply(
    settings: &Settings,
    reconciled: &Reconciled,
    progress: &dyn Progress,
) -> Result<Vec<ObjectId>> {
    let target = target(settings)?;
    progress.phase("applying the plan");
    let done = apply::apply(target, &reconciled.plan, progress);
    let done = tokio::time::timeout(settings.timeout, done).await;
    done.unwrap_or_else(|_| Err(super::timed_out(settings.timeout)))?;
    progress.phase("looking again");
    let sides = read(settings, false, progress).await?;
    let (mut expected, mut live) = (sides.expected, sides.live);
    classes::align(&mut expected, &live);
    classes::align(&mut live, &expected);
    let left = contract::diff(&expected, &live);
    // What no statement changes, such as the order of columns, is no failure of the plan's.
    let mut left: Vec<ObjectId> = left
        .iter()
        .filter(|delta| plan::reason_to_stay(delta).is_none())
        .map(|delta| delta.id.clone())
        .collect();
    left.dedup();
    Ok(left)
}

/// The database that a plan is applied to.
///
/// # Errors
/// When live is none that can be changed.
pub fn target(settings: &Settings) -> Result<&Connection> {
    settings.live.database().ok_or_else(|| {
        if let Some(project) = settings.live.hosted() {
            return needs_connection(&format!("a plan is applied to {}", project.label()));
        }
        Error::new(
            ErrorCode::ConfigInvalid,
            "only a database can be changed, and live is none",
        )
        .with_help("Write the plan to a file with --output instead.")
    })
}

async fn prepare(
    settings: &Settings,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Reconciled> {
    let mut sides = read(settings, request.as_applied, progress).await?;
    progress.phase("planning");
    let nothing = nothing_like(&sides.live);
    if request.full {
        // What is only watched is the platform's to make.
        let scope = &sides.scope;
        for side in [&mut sides.expected, &mut sides.live] {
            side.objects.retain(|_, object| !scope.is_watched(object));
        }
    }
    let (found, start) = match request.full {
        true => (Found::default(), nothing.clone()),
        false => renames::renamed(&sides, request, progress).await?,
    };
    let mut plan = planned(&sides, request, &found, &start);
    let mut notes = found.lines();
    if request.with_data_checks && !request.full {
        progress.phase("asking the data");
        let database = &mut sides.database;
        notes.extend(data::measure(database, &mut plan, &found.made).await);
        notes.extend(data::ask(database, &plan, &found.made, request.shows_rows).await);
    }
    let mut lines = heading::head(settings, request, &plan);
    if request.with_proof {
        progress.phase("proving the plan");
        lines.extend(heading::proven(&sides, request, &nothing, &plan).await?);
    } else {
        lines.push("Not proven: --no-proof.".to_owned());
    }
    lines.extend(notes.iter().cloned());
    let json = report::render_plan(&PlanReport {
        expected: &settings.expected.label(),
        live: &settings.live.label(),
        plan: &plan,
        renamed: &found.made,
        proposed: &found.proposed,
        is_proven: request.with_proof,
        notes: &lines,
    });
    let heading = Heading {
        lines,
        is_migration: request.in_transaction,
    };
    let sql = plan::render(&plan, &heading);
    Ok(Reconciled {
        plan,
        sql,
        notes,
        json,
    })
}

/// The plan from where it starts, as it will be run.
fn planned(sides: &Sides, request: &Request, found: &Found, start: &Contract) -> ReconcilePlan {
    let mut plan = plan::plan(
        &sides.expected,
        start,
        &sides.default_grants,
        &request.permissions,
        sides.live.server.major,
    );
    plan.begin_with(&found.made);
    if request.in_transaction {
        plan.join_transaction();
    }
    plan
}

async fn read(settings: &Settings, as_applied: bool, progress: &dyn Progress) -> Result<Sides> {
    super::refuse_part(settings, "a plan needs")?;
    progress.phase("connecting");
    let (mut database, known) = open(settings).await?;
    let mut history = History::read(settings, &mut database, progress).await?;
    let around = Surroundings::new(settings, known);
    let (loader, scope) = (around.loader(true, progress), &around.scope);
    let wanted = match as_applied {
        true => &history.held_to,
        false => &settings.expected,
    };
    let (mut expected, mut actual) =
        tokio::try_join!(loader.load(wanted), loader.live(&mut database))?;
    if let Some(failure) = expected.outcome.failures.first() {
        return Err(Error::new(
            ErrorCode::MigrationFailed,
            format!("{}: {}", failure.statement.location, failure.message),
        )
        .with_help("A plan needs the whole contract: repair the migration first."));
    }
    for (source, side) in [(&settings.expected, &expected), (&settings.live, &actual)] {
        if !side.contract.knows_needs {
            return Err(without_needs(&source.label()));
        }
    }
    let mut default_grants = classes::default_grants(&expected.contract);
    default_grants.extend(classes::default_grants(&actual.contract));
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    let all_roles = roles_of(&actual.contract);
    scope.limit_live(&mut actual.contract, &expected.contract);
    history.set_aside(&mut actual.contract, &expected.contract);
    let major = expected
        .contract
        .server
        .major
        .min(actual.contract.server.major);
    classes::reduce_to_major(&mut expected.contract, major);
    classes::reduce_to_major(&mut actual.contract, major);
    reprint::agree(settings, &loader, scope, &expected, &mut actual).await?;
    Ok(Sides {
        expected: expected.contract,
        default_grants,
        other_roles: named_but_not_compared(all_roles, &actual.contract, &around.scope),
        live: actual.contract,
        scope: around.scope,
        environment: around.environment,
        choice: around.choice,
        database,
    })
}

fn roles_of(contract: &Contract) -> Vec<Object> {
    let objects = contract.objects.values();
    let roles = objects.filter(|object| classes::is_role(&object.id));
    roles.cloned().collect()
}

/// Roles that what is compared names and that the contract does not have: perhaps it has them under another name.
fn named_but_not_compared(mut roles: Vec<Object>, live: &Contract, scope: &Scope) -> Vec<Object> {
    let named = classes::named_roles(live.objects.values());
    roles.retain(|role| {
        named.contains(&role.id)
            && !live.objects.contains_key(&role.id)
            && !scope.watch.is_platform_role(&role.id)
    });
    roles
}

/// A contract that an older version saved: it can be compared, but nothing says what comes before what.
fn without_needs(label: &str) -> Error {
    Error::new(
        ErrorCode::SnapshotInvalid,
        format!("{label} does not say what depends on what, which a plan is ordered by"),
    )
    .with_help("Save it again with `pgpact inventory SOURCE --output FILE.json`; `verify` and `diff` can read it as it is.")
}

/// A database with nothing of anybody's in it, on the same server.
fn nothing_like(live: &Contract) -> Contract {
    Contract {
        server: live.server.clone(),
        coverage: live.coverage.clone(),
        ..Contract::default()
    }
}
