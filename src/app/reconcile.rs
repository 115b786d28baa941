//! The way back: the plan, what the data says to it, its proof, and the file.

use super::surroundings::{choice, environment, open};
use super::{Settings, reprint};
use crate::apply;
use crate::classes;
use crate::contract::{self, Contract, Object, ObjectId};
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Scope;
use crate::plan::{self, Heading, Permissions, ReconcilePlan};
use crate::progress::Progress;
use crate::prove::{self, Claim, Proof};
use crate::scratch::{Choice, Environment};
use crate::source::{Live, Loader};

/// What is asked of a plan.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The whole contract as one file, instead of what differs.
    pub full: bool,
    /// Whether the plan is tried before it is given out.
    pub with_proof: bool,
    /// Whether the data is asked what would fail.
    pub with_data_checks: bool,
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
    /// What was compared but could not be made out, for the reader.
    pub notes: Vec<String>,
}

/// Both sides as a plan sees them.
struct Sides {
    expected: Contract,
    live: Contract,
    default_grants: Vec<Object>,
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
    let Some(target) = settings.live.database() else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "only a database can be changed, and live is none",
        )
        .with_help("Write the plan to a file with --output instead."));
    };
    progress.phase("applying the plan");
    let done = apply::apply(target, &reconciled.plan, progress);
    let done = tokio::time::timeout(settings.timeout, done).await;
    done.unwrap_or_else(|_| Err(super::timed_out(settings.timeout)))?;
    progress.phase("looking again");
    let sides = read(settings, progress).await?;
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

async fn prepare(
    settings: &Settings,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Reconciled> {
    let mut sides = read(settings, progress).await?;
    progress.phase("planning");
    let nothing = nothing_like(&sides.live);
    if request.full {
        // What is only watched is the platform's to make.
        let scope = &sides.scope;
        for side in [&mut sides.expected, &mut sides.live] {
            side.objects.retain(|_, object| !scope.is_watched(object));
        }
    }
    let start = if request.full { &nothing } else { &sides.live };
    let major = sides.live.server.major;
    let plan = plan::plan(
        &sides.expected,
        start,
        &sides.default_grants,
        &request.permissions,
        major,
    );
    let mut notes = Vec::new();
    if request.with_data_checks && !request.full {
        progress.phase("asking the data");
        notes.extend(ask(&mut sides.database, &plan).await?);
    }
    let mut lines = head(settings, request, &plan);
    if request.with_proof {
        progress.phase("proving the plan");
        lines.extend(proven(&sides, request, &nothing, &plan).await?);
    } else {
        lines.push("Not proven: --no-proof.".to_owned());
    }
    lines.extend(notes.iter().cloned());
    let sql = plan::render(&plan, &Heading { lines });
    Ok(Reconciled { plan, sql, notes })
}

async fn read(settings: &Settings, progress: &dyn Progress) -> Result<Sides> {
    progress.phase("connecting");
    let (mut database, known) = open(settings).await?;
    let environment = environment(settings, known.as_ref());
    let choice = choice(settings, known.as_ref());
    let scope = environment.platform.scope(settings.schemas.clone());
    let loader = Loader {
        choice: &choice,
        environment: &environment,
        with_needs: true,
        progress,
    };
    let (mut expected, mut actual) =
        tokio::try_join!(loader.load(&settings.expected), loader.live(&mut database))?;
    if let Some(failure) = expected.outcome.failures.first() {
        return Err(Error::new(
            ErrorCode::MigrationFailed,
            format!("{}: {}", failure.statement.location, failure.message),
        )
        .with_help("A plan needs the whole contract: repair the migration first."));
    }
    let mut default_grants = classes::default_grants(&expected.contract);
    default_grants.extend(classes::default_grants(&actual.contract));
    scope.limit_expected(&mut expected.contract, &expected.provenance);
    scope.limit_live(&mut actual.contract, &expected.contract);
    let major = expected
        .contract
        .server
        .major
        .min(actual.contract.server.major);
    classes::reduce_to_major(&mut expected.contract, major);
    classes::reduce_to_major(&mut actual.contract, major);
    reprint::agree(settings, &loader, &scope, &expected, &mut actual).await?;
    Ok(Sides {
        expected: expected.contract,
        live: actual.contract,
        default_grants,
        scope,
        environment,
        choice,
        database,
    })
}

/// A database with nothing of anybody's in it, on the same server.
fn nothing_like(live: &Contract) -> Contract {
    Contract {
        server: live.server.clone(),
        coverage: live.coverage.clone(),
        ..Contract::default()
    }
}

fn head(settings: &Settings, request: &Request, plan: &ReconcilePlan) -> Vec<String> {
    let what = match (request.full, plan.is_empty()) {
        (true, _) => "The whole contract, for a database that has nothing or a part of it.",
        (false, true) => "Nothing to do: live is what the contract says.",
        (false, false) => {
            "Brings live to the contract. It can be run again, also after it stopped half-way."
        }
    };
    let mut lines = vec![
        format!("pgpact {}: {what}", env!("CARGO_PKG_VERSION")),
        format!("expected: {}", settings.expected.label()),
    ];
    if !request.full {
        lines.push(format!("live:     {}", settings.live.label()));
    }
    match plan.withheld.len() {
        0 => {}
        1 => lines.push(
            "1 step is withheld; it stands at the end, with what lets it through.".to_owned(),
        ),
        count => lines.push(format!(
            "{count} steps are withheld; they stand at the end, with what lets them through."
        )),
    }
    lines
}

/// Tries the plan where it will run; the whole contract from nothing as well.
async fn proven(
    sides: &Sides,
    request: &Request,
    nothing: &Contract,
    plan: &ReconcilePlan,
) -> Result<Vec<String>> {
    let claim = |live| Claim {
        expected: &sides.expected,
        live,
        default_grants: &sides.default_grants,
        scope: &sides.scope,
    };
    let start = if request.full { nothing } else { &sides.live };
    let proof = prove::prove(&sides.choice, &sides.environment, &claim(start), plan).await?;
    let mut lines = told(request, &proof);
    if request.full {
        let claim = claim(&sides.live);
        let trial = prove::try_on(&sides.choice, &sides.environment, &claim, plan);
        lines.push(on_live(trial.await?));
    }
    Ok(lines)
}

fn on_live(trial: prove::Trial) -> String {
    match trial {
        prove::Trial::Applied { differing } if differing.is_empty() => {
            "Proven on a copy of live's definitions too: applied twice, equal to the contract."
                .to_owned()
        }
        prove::Trial::Applied { differing } => {
            let names: Vec<String> = differing.iter().map(ToString::to_string).collect();
            format!(
                "Applied twice to a copy of live's definitions: these keep differences that only `reconcile` without --full takes away: {}",
                names.join(", ")
            )
        }
        prove::Trial::Stopped { id, message } => format!(
            "On a copy of live's definitions it stops at {id} ({message}): use `reconcile` without --full there."
        ),
    }
}

fn told(request: &Request, proof: &Proof) -> Vec<String> {
    let from = if request.full {
        "an empty database"
    } else {
        "a copy of live's definitions"
    };
    let mut lines = vec![format!(
        "Proven on PostgreSQL {}: applied to {from}, read again and found equal to the contract, twice.",
        proof.server_version
    )];
    if !proof.unrebuilt.is_empty() {
        let names: Vec<String> = proof.unrebuilt.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "Not proven for what could not be copied: {}",
            names.join(", ")
        ));
    }
    lines.extend(
        proof
            .gaps
            .iter()
            .map(|gap| format!("Proven without {}: {}", gap.what, gap.why)),
    );
    lines
}

/// Asks live how many rows would be in the way; only a database has any.
async fn ask(live: &mut Live, plan: &ReconcilePlan) -> Result<Vec<String>> {
    let Live::Database(session) = live else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for step in &plan.steps {
        let Some(check) = &step.statement.check else {
            continue;
        };
        match session.count(&check.query).await {
            Ok(count) if count == "0" => {}
            Ok(count) => lines.push(format!("In the way now: {count} {}.", check.question)),
            Err(error) => lines.push(format!(
                "Not counted: {} ({})",
                check.question,
                error.chain()
            )),
        }
    }
    Ok(lines)
}
