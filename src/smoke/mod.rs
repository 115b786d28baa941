//! Probes on a live database that leave no trace: who reaches what, tried instead of read.

mod catalog;
mod certificate;
mod connectivity;
mod crud;
mod judge;
mod probe;
mod reach;
mod rest;
mod roles;
mod routine;
mod session;
mod settings;
mod target;

pub use judge::{findings, gaps, unproven};
pub use probe::{Kind, Outcome, Probe, Way};
pub use rest::{Endpoint, over_rest};
pub use settings::{Call, Roles, Settings, Table};
pub use target::Targets;

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::shape::Reach;
use crate::classes::{self, ExposedFunction, ExposedRelation};
use crate::contract::{ClassName, Contract, Gap, ObjectId};
use crate::error::Result;
use crate::inspect::Connection;
use crate::progress::Progress;
use crate::sql::{parts, qualified};

use catalog::Catalog;
use session::Session;

/// What the contract says that requests reach.
#[derive(Debug, Default)]
pub struct Expected {
    relations: Vec<ExposedRelation>,
    functions: Vec<ExposedFunction>,
    policies: BTreeMap<String, Vec<String>>,
    reach: Reach,
}

/// What was tried, and what of it there is to say.
#[derive(Debug)]
pub struct Smoked {
    /// Every probe, in the order in which it was made.
    pub probes: Vec<Probe>,
    /// What could not be asked at all.
    pub gaps: BTreeSet<Gap>,
    /// The server's version.
    pub server_version: String,
    /// What a REST endpoint to the same database should serve.
    pub targets: Targets,
}

impl Expected {
    /// What a contract says.
    pub fn of(contract: &Contract) -> Self {
        Self {
            relations: classes::exposed_relations(contract),
            functions: classes::exposed_functions(contract),
            policies: classes::policy_roles(contract),
            reach: Reach::of(contract),
        }
    }

    /// Which columns of a table or view a role may select, as a request asks for them; nothing when none.
    fn opens(&self, relation: &ObjectId, role: &str) -> Option<String> {
        if self.reach.may(role, relation, "SELECT") {
            return Some("*".to_owned());
        }
        let columns = self.reach.columns(role, relation, "SELECT");
        let quoted = columns.iter().map(|column| format!("\"{column}\""));
        (!columns.is_empty()).then(|| quoted.collect::<Vec<_>>().join(","))
    }

    /// Whether a policy on a table is for that role by name.
    fn shows_by_name(&self, table: &str, role: &str) -> bool {
        let policies = self.policies.keys();
        let mut own = policies.filter(|path| path.starts_with(&format!("{table}.")));
        own.any(|path| self.has_policy(path, role))
    }

    /// Whether a policy is the contract's, for that role by name.
    fn has_policy(&self, path: &str, role: &str) -> bool {
        let roles = self.policies.get(path);
        roles.is_some_and(|roles| roles.iter().any(|one| one == role))
    }
}

/// Probes a database over a connection of its own, in one transaction that is rolled back.
///
/// Errors: no connection, a login that cannot become the roles of requests, a connection that breaks.
pub async fn over_sql(
    target: &Connection,
    settings: &Settings,
    expected: Option<&Expected>,
    progress: &dyn Progress,
) -> Result<Smoked> {
    progress.phase("connecting");
    let reached = connectivity::reach(target).await?;
    let mut session = Session::begin(reached.connection, target.label(), settings).await?;
    let probed = probe_all(&mut session, settings, expected, &reached.login, progress).await;
    session.end().await;
    let (more, gaps, targets) = probed?;
    let mut probes = reached.probes;
    probes.extend(more);
    Ok(Smoked {
        probes,
        gaps,
        server_version: reached.version,
        targets,
    })
}

async fn probe_all(
    session: &mut Session,
    settings: &Settings,
    expected: Option<&Expected>,
    login: &str,
    progress: &dyn Progress,
) -> Result<(Vec<Probe>, BTreeSet<Gap>, Targets)> {
    roles::check(session, &settings.roles, login).await?;
    let catalog = Catalog::read(session, settings).await?;
    let mut probes = reach::probe(session, settings, &catalog, expected, progress).await?;
    let none = Expected::default();
    let wanted = expected.unwrap_or(&none);
    probes.extend(reach::missing(&wanted.relations, settings, &catalog));
    progress.phase("probing functions");
    probes.extend(routine::compare(&wanted.functions, settings, &catalog));
    let known: BTreeSet<&ObjectId> = wanted
        .functions
        .iter()
        .map(|function| &function.id)
        .collect();
    probes.extend(routine::configured(settings, &catalog, &known));
    for call in &settings.calls {
        probes.extend(routine::call(session, settings, call).await?);
    }
    for table in &settings.tables {
        progress.phase(&format!("writing to {} and taking it back", table.name));
        probes.extend(crud::probe(session, settings, &catalog, table).await?);
    }
    let mut targets = Targets::found(&catalog, settings);
    for table in settings
        .tables
        .iter()
        .filter(|table| settings.allows_writes && table.marker.is_some())
    {
        let id = ObjectId::new(ClassName::new("table"), qualified(&parts(&table.name)));
        let hazard = crud::hazard(session, settings, table).await?;
        targets.hazards.insert(id, hazard);
    }
    let gaps = unasked(settings, &catalog, expected.is_some());
    Ok((probes, gaps, targets))
}

/// What nobody said anything about.
fn unasked(settings: &Settings, catalog: &Catalog, has_contract: bool) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::from([Gap {
        what: format!("schemas other than {}", catalog.schemas.join(", ")),
        why: "the API does not serve them".to_owned(),
    }]);
    if !has_contract {
        gaps.insert(Gap {
            what: "whether tables or functions are missing, and who should execute which function"
                .to_owned(),
            why: "no contract was given: --expected".to_owned(),
        });
    }
    if settings.calls.is_empty() {
        gaps.insert(Gap {
            what: "whether functions answer".to_owned(),
            why: "none is marked as safe to call: [[smoke.call]] in pgpact.toml".to_owned(),
        });
    }
    gaps
}
