//! `pgpact smoke`.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::Output;
use super::flags::{Flags, Format, SideFlags};
use super::verify::{self, write_reports_with};
use crate::app::{self, SmokeRequest};
use crate::config::{Config, Smoke};
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::report::{self, Report, markdown};
use crate::smoke::{Endpoint, Roles, Settings, Table};
use crate::source::Sources;

/// Arguments of `smoke`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The database, and what its tables and functions are held to.
    #[command(flatten)]
    sides: SideFlags,
    /// Hold live to no contract, whatever the configuration names
    #[arg(long, conflicts_with = "expected")]
    no_contract: bool,
    /// Also insert, select, update and delete a row where --table or [[smoke.table]] say so. Over SQL it is rolled
    /// back; over REST it is committed, deleted and looked for again
    #[arg(long, env = "PGPACT_ALLOW_WRITES", hide_env_values = true)]
    allow_writes: bool,
    /// A table to insert, select, update and delete a row in; may be repeated
    #[arg(
        long = "table",
        value_name = "SCHEMA.TABLE",
        env = "PGPACT_SMOKE_TABLE",
        hide_env_values = true,
        value_delimiter = ','
    )]
    tables: Vec<String>,
    /// What takes longer than this is reported [default: 1000]
    #[arg(
        long,
        value_name = "MILLISECONDS",
        env = "PGPACT_SLOW_MS",
        hide_env_values = true
    )]
    slow_ms: Option<u64>,
    /// Also probe the REST endpoint, as a browser uses it: of SUPABASE_URL, with SUPABASE_ANON_KEY and
    /// SUPABASE_SERVICE_ROLE_KEY, which are read from the environment alone
    #[arg(long, env = "PGPACT_REST", hide_env_values = true)]
    rest: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let endpoint = arguments.rest.then(endpoint).transpose()?;
    let has_live = endpoint.is_none() || arguments.sides.names_live(&config);
    let live = match has_live {
        true => arguments.sides.live(&config)?,
        false => Sources::none(),
    };
    let expected = arguments.sides.expected_if_named(&config)?;
    let has_contract = expected.is_some() && !arguments.no_contract;
    let expected = expected
        .filter(|_| has_contract)
        .unwrap_or_else(|| live.clone());
    let ignores = config.ignores.clone();
    let mut probes = arguments.settings(&config);
    let mut settings = flags.settings(config, expected, live)?;
    // The baseline is of findings of `verify`; ignores that are meant for those match nothing here.
    settings.baseline = None;
    settings.ignores = ignores;
    settings.uses_history = true;
    probes.schemas.clone_from(&settings.schemas);
    let request = SmokeRequest {
        probes,
        has_contract,
        has_live,
        endpoint,
    };
    let report = app::smoke(&settings, &request, progress).await;
    write_reports_with(flags, |format| render(&report, format))?;
    Ok(Output {
        text: render(&report, flags.format),
        status: report.exit_status(),
    })
}

/// The endpoint that the environment names.
fn endpoint() -> Result<Endpoint> {
    let variable = |name: &str| {
        let value = std::env::var(name).unwrap_or_default();
        match value.trim() {
            "" => Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("the variable {name} is not set"),
            )
            .with_help(
                "--rest needs SUPABASE_URL, SUPABASE_ANON_KEY and SUPABASE_SERVICE_ROLE_KEY.",
            )),
            value => Ok(SecretString::from(value.to_owned())),
        }
    };
    let url = variable("SUPABASE_URL")?;
    Endpoint::new(
        url.expose_secret(),
        variable("SUPABASE_ANON_KEY")?,
        variable("SUPABASE_SERVICE_ROLE_KEY")?,
    )
}

impl Arguments {
    /// Flags over configuration file.
    fn settings(&self, config: &Config) -> Settings {
        let mut settings = configured(config);
        for name in &self.tables {
            if !settings.tables.iter().any(|table| table.name == *name) {
                settings.tables.push(Table::named(name));
            }
        }
        settings.allows_writes = self.allow_writes;
        settings.slow = self.slow_ms.map_or(settings.slow, Duration::from_millis);
        settings
    }
}

/// What the configuration file says is probed: nothing is written.
pub(super) fn configured(config: &Config) -> Settings {
    let Smoke {
        slow_ms,
        api_schemas,
        anon_role,
        authenticated_role,
        service_role,
        mut owner_only,
        executors,
        tables,
        calls,
    } = config.smoke.clone();
    // What is stated about access holds here as well.
    owner_only.extend(config.access.wish().owner_only);
    let usual = Settings::default();
    let roles = Roles {
        anon: anon_role.unwrap_or(usual.roles.anon),
        authenticated: authenticated_role.unwrap_or(usual.roles.authenticated),
        service: service_role.unwrap_or(usual.roles.service),
    };
    Settings {
        roles,
        api_schemas,
        owner_only,
        executors,
        calls,
        tables,
        slow: slow_ms.map_or(usual.slow, Duration::from_millis),
        ..usual
    }
}

fn render(report: &Report, format: Format) -> String {
    match format {
        Format::Markdown => markdown::render(
            report,
            &markdown::Options {
                title: Some("Smoke test"),
                ..markdown::Options::default()
            },
        ),
        Format::Html => report::html(
            report,
            &report::Page {
                title: "Smoke test",
                ..report::Page::default()
            },
        ),
        other => verify::render(report, other),
    }
}
