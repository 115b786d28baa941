//! Schemas of one database that are made alike, each held to one schema of the contract.
//!
//! The expected schema is renamed on its scratch to the pattern of their names, so that Postgres says where its name
//! stands; each of live's is told under that name as well. Both sides are read once, however many there are.

use std::collections::BTreeSet;
use std::time::Instant;

use super::surroundings::{Surroundings, open};
use super::{Key, Settings, access, assemble, judged, key, limit, lint, reprint, settle, usage};
use crate::classes;
use crate::contract::{self, Contract, Pattern};
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::{Provenance, Scope, Session, Tenant};
use crate::progress::Silent;
use crate::report::Report;
use crate::source::{Live, Loaded, Loader};
use crate::sql;

const SCHEMAS: &str = "\
select n.nspname, ''
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname";

/// Schemas of live whose names are like that.
///
/// # Errors
/// When live cannot be asked, and when there is none.
pub(super) async fn schemas(settings: &Settings, pattern: &Pattern) -> Result<Vec<String>> {
    match Live::open(settings.live.clone()).await? {
        Live::Database(mut session) => {
            let schemas = like(&mut session, settings, pattern).await;
            session.close().await;
            schemas
        }
        Live::Served(_) | Live::Other(_) => Err(no_database()),
    }
}

/// Holds each of live's schemas to the contract; reports by name, those of tenants as `NAME/SCHEMA`.
pub(super) async fn verify(
    name: &str,
    settings: &Settings,
    pattern: &Pattern,
    expected: Option<&str>,
) -> Vec<(String, Report)> {
    let work = tokio::time::timeout(settings.timeout, look(settings, pattern, expected));
    let ended = work
        .await
        .unwrap_or_else(|_| Err(super::timed_out(settings.timeout)));
    match ended {
        Ok(mut reports) => {
            if let Some((_, first)) = reports.first_mut() {
                besides(settings, first).await;
            }
            let named = reports.into_iter();
            named
                .map(|(schema, report)| (format!("{name}/{schema}"), report))
                .collect()
        }
        Err(error) => vec![(name.to_owned(), assemble::unknown(settings, &error))],
    }
}

/// Adds to a report what is asked of the contract itself, and of code.
async fn besides(settings: &Settings, report: &mut Report) {
    let begun = report.clone();
    let work = lint::with(settings, async { Ok(begun) }, &Silent);
    let work = access::with(settings, Box::pin(work), &Silent);
    let work = usage::with(settings, Box::pin(work), None, &Silent);
    *report = super::in_time(settings, Box::pin(work)).await;
}

async fn look(
    settings: &Settings,
    pattern: &Pattern,
    expected: Option<&str>,
) -> Result<Vec<(String, Report)>> {
    let settings = &Settings {
        schemas: vec![Pattern::literal(pattern.as_str())],
        uses_history: false,
        base: None,
        ..settings.clone()
    };
    let (mut live, known) = open(settings).await?;
    let around = Surroundings::new(settings, known);
    let loader = around.loader(false, &Silent);
    let Live::Database(session) = &mut live else {
        return Err(no_database());
    };
    let schemas = like(session, settings, pattern).await?;
    let template = template(settings, &loader, pattern, expected).await?;
    let actual = loader.live(&mut live).await?;
    let again = match actual.is_still {
        true => None,
        false => Some(loader.live(&mut live).await?),
    };
    let mut reports = Vec::new();
    for schema in schemas {
        let begin = Instant::now();
        let tenant = Tenant::new(&schema, pattern.as_str());
        let sides = Sides {
            settings,
            scope: &around.scope,
            live: &live,
            template: &template,
            actual: &actual,
            again: again.as_ref(),
        };
        let mut report = sides.compare(&tenant).await?;
        report.live.source = format!("{}, schema {schema}", report.live.source);
        report.timing.total = begin.elapsed();
        reports.push((schema, report));
    }
    Ok(reports)
}

async fn like(
    session: &mut Session,
    settings: &Settings,
    pattern: &Pattern,
) -> Result<Vec<String>> {
    let names = session
        .ask(SCHEMAS)
        .await?
        .into_iter()
        .map(|(name, _)| name);
    let like: Vec<String> = names.filter(|name| pattern.matches_text(name)).collect();
    match like.is_empty() {
        true => Err(super::fleet::none_like(
            pattern,
            "schema",
            &settings.live.label(),
        )),
        false => Ok(like),
    }
}

/// What each tenant should be, with the pattern for its schema's name.
async fn template(
    settings: &Settings,
    loader: &Loader<'_>,
    pattern: &Pattern,
    named: Option<&str>,
) -> Result<Loaded> {
    if !settings.expected.are_sql() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "tenants that are schemas are held to SQL that can be replayed",
        )
        .with_help("Let `expected` be a directory of migrations or a .sql file."));
    }
    let mut loaded = loader.with_server(&settings.expected).await?;
    let schema = expected_schema(settings, &loaded, named)?;
    let Some(scratch) = &loaded.scratch else {
        return Err(Error::new(
            ErrorCode::ScratchFailed,
            "the scratch of the contract is gone",
        ));
    };
    let mut renamed = scratch.read_renamed(&schema, pattern.as_str()).await?;
    let tenant = Tenant::new(&schema, pattern.as_str());
    tenant.respell_written(&mut renamed);
    tenant.locate(&mut renamed, &loaded.contract);
    loaded.contract = renamed;
    Ok(loaded)
}

/// The schema that is named, or the only one there is.
fn expected_schema(settings: &Settings, loaded: &Loaded, named: Option<&str>) -> Result<String> {
    let platform = match &loaded.provenance {
        Provenance::Replayed(platform) => platform.clone(),
        Provenance::Unknown | Provenance::Settled => BTreeSet::new(),
    };
    let ours = loaded
        .contract
        .objects
        .values()
        .filter(|object| !platform.contains(&object.id));
    // A schema that is empty, as `public` often is, is nothing to be held to.
    let holding = ours.filter_map(|object| {
        let schema = object.schema.as_deref()?;
        let inside = format!("{}.", sql::identifier(schema));
        object.id.path.starts_with(&inside).then_some(schema)
    });
    let schemas: BTreeSet<&str> = holding.collect();
    let label = settings.expected.label();
    let schemas: Vec<&str> = schemas.into_iter().collect();
    match (named, schemas.as_slice()) {
        (Some(named), all) if all.contains(&named) => Ok(named.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (Some(named), all) => Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("{label} makes no schema {named}"),
        )
        .with_help(format!(
            "It makes {}: correct expected_schema.",
            all.join(", ")
        ))),
        (None, all) => Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("{label} does not say which schema tenants are held to"),
        )
        .with_help(format!(
            "Name one of {} as expected_schema of the target.",
            all.join(", ")
        ))),
    }
}

struct Sides<'a> {
    settings: &'a Settings,
    scope: &'a Scope,
    live: &'a Live,
    template: &'a Loaded,
    actual: &'a Loaded,
    again: Option<&'a Loaded>,
}

impl Sides<'_> {
    async fn compare(&self, tenant: &Tenant) -> Result<Report> {
        let mut expected = part(self.template, self.template.contract.clone());
        let mut actual = part(self.actual, tenant.slice(&self.actual.contract));
        limit(self.scope, self.live, &mut expected, &mut actual)?;
        let unprinted = match &self.template.scratch {
            Some(scratch) => {
                reprint::agree_on(scratch, &expected.contract, &mut actual.contract).await?
            }
            None => BTreeSet::new(),
        };
        classes::align(&mut expected.contract, &actual.contract);
        classes::align(&mut actual.contract, &expected.contract);
        let mut deltas = contract::diff(&expected.contract, &actual.contract);
        if let Some(again) = self.again.filter(|_| !deltas.is_empty()) {
            let seen = self.seen(tenant.slice(&again.contract), &expected.contract);
            deltas.retain(|delta| seen.contains(&key(delta)));
        }
        let mut findings = judged(
            self.settings,
            &contract::fold(deltas),
            0,
            &expected,
            &actual,
        );
        settle(self.settings, &mut findings);
        let mut report = assemble::compared(self.settings, &expected, &actual, findings);
        report.not_compared.extend(unprinted);
        Ok(report)
    }

    /// What a second reading shows as well.
    fn seen(&self, mut again: Contract, expected: &Contract) -> BTreeSet<Key> {
        self.scope.limit_live(&mut again, expected);
        classes::reduce_to_major(&mut again, expected.server.major);
        classes::align(&mut again, expected);
        contract::diff(expected, &again).iter().map(key).collect()
    }
}

/// The same side with another contract, and without its server.
fn part(whole: &Loaded, contract: Contract) -> Loaded {
    Loaded {
        contract,
        provenance: whole.provenance.clone(),
        outcome: whole.outcome.clone(),
        scratch: None,
        is_still: whole.is_still,
        took: whole.took,
    }
}

fn no_database() -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        "`schemas` names schemas of a database, and `live` is none",
    )
    .with_help("Let `live` of that target be a connection string.")
}
