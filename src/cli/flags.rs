//! Flags that commands share, and how they become settings.

mod scratch;
mod services;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use secrecy::SecretString;

use crate::app::{Asked, Settings};
use crate::classes::ApiWish;
use crate::config::{self, Config, FailOn};
use crate::contract::Pattern;
use crate::error::{Error, ErrorCode, Result};
use crate::findings::{Baseline, DriftGate, Ignore};
use crate::report::Threshold;
use crate::scratch::Platform;
use crate::source::{RestSource, Source, Sources};
use crate::usage::search::Search;

use scratch::ScratchFlags;

/// What all commands share.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Flags {
    /// Configuration file [default: pgpact.toml in this folder or above]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PGPACT_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
    /// How to print the report
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        env = "PGPACT_FORMAT",
        hide_env_values = true
    )]
    pub format: Format,
    /// Also write the report to a file, e.g. json=report.json; may be repeated
    #[arg(long = "report", global = true, value_name = "FORMAT=FILE", value_parser = report_target, env = "PGPACT_REPORT", hide_env_values = true, value_delimiter = ',')]
    pub reports: Vec<(Format, PathBuf)>,
    /// From which severity on findings fail the run [default: error]
    #[arg(
        long,
        global = true,
        value_name = "SEVERITY",
        env = "PGPACT_FAIL_ON",
        hide_env_values = true
    )]
    pub fail_on: Option<FailOn>,
    /// Compare only this schema, `*` allowed; may be repeated [default: all but the platform's]
    #[arg(
        long = "schema",
        global = true,
        value_name = "NAME",
        env = "PGPACT_SCHEMA",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub schemas: Vec<String>,
    /// Whose environment the migrations are written for [default: found by looking]
    #[arg(long, global = true, env = "PGPACT_PLATFORM", hide_env_values = true)]
    pub platform: Option<Platform>,
    /// Where the throwaway Postgres comes from.
    #[command(flatten)]
    pub scratch: ScratchFlags,
    /// Stop at the first migration statement that fails, instead of comparing what the rest builds
    #[arg(
        long,
        global = true,
        env = "PGPACT_STRICT_REPLAY",
        hide_env_values = true
    )]
    pub strict_replay: bool,
    /// Access token for supabase:REF; in the environment rather than in the arguments, where others see it
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "SUPABASE_ACCESS_TOKEN",
        hide_env_values = true
    )]
    pub supabase_access_token: Option<SecretString>,
    /// Where the Management API is that supabase:REF is read through [default: api.supabase.com]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "PGPACT_SUPABASE_API",
        hide_env_values = true
    )]
    pub supabase_api: Option<String>,
    /// The service's key for rest:https://…; in the environment rather than in the arguments, where others see it
    /// [default: of SUPABASE_SERVICE_ROLE_KEY]
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "PGPACT_REST_KEY",
        hide_env_values = true
    )]
    pub rest_key: Option<SecretString>,
    /// How long the whole may take, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300, env = "PGPACT_TIMEOUT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// Say more on standard error; twice for even more
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        env = "PGPACT_COLOR",
        hide_env_values = true
    )]
    pub color: ColorChoice,
}

/// The two sides.
#[derive(Debug, Clone, Args)]
pub struct SideFlags {
    /// What there should be: a directory of migrations, a .sql file, a saved .json contract or
    /// postgres://…; SQL sources may be repeated and are replayed on top of each other
    #[arg(
        long,
        value_name = "SOURCE",
        env = "PGPACT_EXPECTED",
        hide_env_values = true
    )]
    pub expected: Vec<String>,
    /// What there is: the same, or supabase:REF or rest:https://…; a connection string belongs into PGPACT_LIVE,
    /// DATABASE_URL or SUPABASE_DB_URL rather than into the arguments, where others see it
    #[arg(
        long,
        value_name = "SOURCE",
        env = "PGPACT_LIVE",
        hide_env_values = true
    )]
    pub live: Vec<SecretString>,
}

/// A change on its way into the repository.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeFlags {
    /// What the repository declares without the change, e.g. git:origin/main:supabase/migrations: live is then
    /// held to that, and the change is told on its own. In a pull request it is found by looking; `none`
    /// holds live to the pull request, for a database that is the branch's own
    #[arg(
        long,
        value_name = "SOURCE",
        env = "PGPACT_BASE",
        hide_env_values = true
    )]
    pub base: Vec<String>,
    /// Which drift fails a run that looks at a change [default: touched]
    #[arg(
        long,
        value_name = "WHICH",
        env = "PGPACT_FAIL_ON_DRIFT",
        hide_env_values = true
    )]
    pub fail_on_drift: Option<DriftGate>,
    /// Hold live to all migrations, whatever its own history table says that it has
    #[arg(long, env = "PGPACT_NO_HISTORY", hide_env_values = true)]
    pub no_history: bool,
    /// Try who may do what as well, on a scratch, and hold that to the committed matrix: always, never, or
    /// where a pgpact.access.json stands beside the configuration
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        env = "PGPACT_ACCESS",
        hide_env_values = true
    )]
    pub access: TryAccess,
    /// Look for advice on what the repository declares as well, as `pgpact lint` does; on a change, for what it brings.
    /// Auto goes by `verify` under [lint] in pgpact.toml
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        num_args = 0..=1,
        default_missing_value = "always",
        require_equals = true,
        env = "PGPACT_LINT",
        hide_env_values = true
    )]
    pub lint: TryLint,
    /// Hold the code in this file or folder to the contract as well; may be repeated [default: `paths` under
    /// [usage] in pgpact.toml]
    #[arg(
        long,
        value_name = "PATH",
        env = "PGPACT_USAGE",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub usage: Vec<PathBuf>,
    /// Wait so long for migrations that live's history does not have yet, as while a deploy runs
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        env = "PGPACT_WAIT",
        hide_env_values = true
    )]
    pub wait: u64,
}

/// When it is tried who may do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TryAccess {
    /// Where a matrix is committed.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// When advice is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TryLint {
    /// Where the configuration says so.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs: docs/report-v1.schema.json.
    Json,
    /// For a comment or summary.
    Markdown,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For CI systems that show tests.
    Junit,
    /// For a browser: one page that needs nothing else.
    Html,
    /// The verdict as a small SVG.
    Badge,
    /// The verdict as JSON that shields.io draws a badge from.
    Shields,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Flags {
    /// The configuration file's content; an empty one when there is no file.
    pub(super) fn config(&self) -> Result<Config> {
        match self.config_file() {
            Some(path) => config::read(&path),
            None => Ok(Config {
                base: std::env::current_dir().unwrap_or_default(),
                ..Config::default()
            }),
        }
    }

    /// Where the configuration file is, when there is one.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        let here = std::env::current_dir().unwrap_or_default();
        let path = self.config.clone().or_else(|| config::find(&here));
        path.map(|path| here.join(path))
    }

    /// The files that say what counts: the configuration, and what was accepted.
    pub(super) fn configured(&self) -> Result<Vec<PathBuf>> {
        let config = self.config()?;
        let accepted = config.baseline_path.clone();
        let accepted = accepted.unwrap_or_else(|| config.base.join(config::BASELINE_NAME));
        let matrix = config.base.join(config::MATRIX_NAME);
        Ok(self
            .config_file()
            .into_iter()
            .chain([accepted, matrix])
            .collect())
    }

    /// Flags over environment over configuration file.
    pub(super) fn settings(
        &self,
        config: Config,
        expected: Sources,
        live: Sources,
    ) -> Result<Settings> {
        let (access, rest) = (self.service_access(), self.rest_keys());
        let (expected, live) = (
            expected.with_access(&access, &rest),
            live.with_access(&access, &rest),
        );
        let endpoint = live.rest().map(RestSource::endpoint).transpose()?.flatten();
        let probes = endpoint.map(|endpoint| (endpoint, super::smoke::configured(&config)));
        let threshold = self.threshold(&config);
        let baseline = baseline(&config)?;
        let schemas = match self.schemas.is_empty() {
            true => config.schemas,
            false => self.patterns()?,
        };
        Ok(Settings {
            baseline,
            expected,
            base: None,
            always_looks: false,
            access: None,
            lint: None,
            usage: None,
            uses_history: false,
            wait: Duration::ZERO,
            drift_gate: config.fail_on_drift.unwrap_or_default(),
            live,
            schemas,
            platform: self.platform.or(config.platform),
            threshold,
            ignores: match probes {
                Some(_) => config.ignores,
                None => of_comparison(config.ignores),
            },
            probes,
            severities: config.severities,
            scratch: self.scratch.choice(self.strict_replay)?,
            timeout: Duration::from_secs(self.timeout),
            today: jiff::Zoned::now().date(),
        })
    }
}

/// What was accepted, with the file it stands in: the one that is named, else the usual one where it exists.
fn baseline(config: &Config) -> Result<Option<(String, Baseline)>> {
    let usual = config.base.join(config::BASELINE_NAME);
    let named = config.baseline_path.clone();
    let path = named.or_else(|| usual.exists().then_some(usual));
    path.map(|path| Ok((crate::source::shown(&path), config::baseline(&path)?)))
        .transpose()
}

/// What probes find is nothing that a comparison could match.
fn of_comparison(ignores: Vec<Ignore>) -> Vec<Ignore> {
    let ignores = ignores.into_iter();
    ignores.filter(|ignore| !ignore.is_of_probes()).collect()
}

impl Flags {
    fn patterns(&self) -> Result<Vec<Pattern>> {
        let patterns = self.schemas.iter().map(|text| {
            Pattern::parse(text).map_err(|message| usage(format!("--schema {text}: {message}")))
        });
        patterns.collect()
    }

    /// From where on findings fail the run.
    pub(super) fn threshold(&self, config: &Config) -> Threshold {
        let named = self.fail_on.or(config.fail_on);
        named.unwrap_or(FailOn::Error).into()
    }
}

impl ChangeFlags {
    /// Whether live is held to the change itself.
    pub(super) fn is_without_base(&self) -> bool {
        self.base == ["none"]
    }

    /// What is tried of who may do what.
    pub(super) fn asked(&self, config: &Config) -> Result<Option<Asked>> {
        let path = config.base.join(config::MATRIX_NAME);
        let committed = match path.exists() && self.access != TryAccess::Never {
            true => Some(super::access::read(&path)?),
            false => None,
        };
        let is_asked = self.access == TryAccess::Always || committed.is_some();
        Ok(is_asked.then(|| Asked {
            wish: config.access.wish(),
            committed,
        }))
    }

    /// What is known of the API, where advice is looked for.
    pub(super) fn lints(&self, config: &Config) -> Option<ApiWish> {
        let is_asked = match self.lint {
            TryLint::Auto => config.lint.with_verify,
            TryLint::Always => true,
            TryLint::Never => false,
        };
        is_asked.then(|| config.lint.wish(&config.smoke))
    }

    /// Where code is looked for that is held to the contract, where that is asked for.
    pub(super) fn search(&self, config: &Config, expected: &Sources) -> Option<Search> {
        let is_asked = !self.usage.is_empty() || !config.usage.paths.is_empty();
        is_asked.then(|| super::usage::search(config, expected, &self.usage))
    }

    /// Adds what is said of a change.
    pub(super) fn apply(&self, flags: &Flags, settings: &mut Settings) -> Result<()> {
        let here = std::env::current_dir().unwrap_or_default();
        if !self.base.is_empty() && !self.is_without_base() {
            let sources = self
                .base
                .iter()
                .map(|text| Source::parse(&text.clone().into(), &here));
            let base = Sources::new(sources.collect::<Result<_>>()?)?;
            settings.base = Some(base.with_access(&flags.service_access(), &flags.rest_keys()));
        }
        settings.uses_history = !self.no_history;
        settings.wait = Duration::from_secs(self.wait);
        if let Some(gate) = self.fail_on_drift {
            settings.drift_gate = gate;
        }
        Ok(())
    }
}

impl SideFlags {
    /// The expected side: flags, else configuration, else `supabase/migrations` where there is one.
    pub(super) fn expected(&self, config: &Config) -> Result<Sources> {
        let here = std::env::current_dir().unwrap_or_default();
        let (spelled, base) = if self.expected.is_empty() {
            (&config.expected, &config.base)
        } else {
            (&self.expected, &here)
        };
        let usual = vec!["supabase/migrations".to_owned()];
        let spelled = match spelled.is_empty() {
            true if base.join(&usual[0]).is_dir() => &usual,
            true => {
                return Err(usage("nothing says what is expected".to_owned()).with_help(
                    "Name the migrations: --expected supabase/migrations, or expected = \"…\" in pgpact.toml.",
                ));
            }
            false => spelled,
        };
        let sources = spelled
            .iter()
            .map(|text| Source::parse(&text.clone().into(), base));
        Sources::new(sources.collect::<Result<_>>()?)
    }

    /// The expected side, where anything says what it is.
    pub(super) fn expected_if_named(&self, config: &Config) -> Result<Option<Sources>> {
        let usual = config.base.join("supabase/migrations");
        let is_named = !self.expected.is_empty() || !config.expected.is_empty() || usual.is_dir();
        is_named.then(|| self.expected(config)).transpose()
    }

    /// Whether anything says where live is.
    pub(super) fn names_live(&self, config: &Config) -> bool {
        let usual = ["DATABASE_URL", "SUPABASE_DB_URL"];
        !self.live.is_empty()
            || !config.live.is_empty()
            || usual.iter().any(|name| from_variable(name).is_ok())
    }

    /// The live side: flag or `PGPACT_LIVE`, else configuration, else the usual variables.
    pub(super) fn live(&self, config: &Config) -> Result<Sources> {
        let here = std::env::current_dir().unwrap_or_default();
        if !self.live.is_empty() {
            let sources = self.live.iter().map(|text| Source::parse(text, &here));
            return Sources::new(sources.collect::<Result<_>>()?);
        }
        if !config.live.is_empty() {
            let sources = config.live.iter();
            let sources = sources.map(|text| configured_source(text, &config.base));
            return Sources::new(sources.collect::<Result<_>>()?);
        }
        let usual = ["DATABASE_URL", "SUPABASE_DB_URL"];
        let found = usual.iter().find_map(|name| from_variable(name).ok());
        let secret = found.ok_or_else(|| {
            usage("nothing says where live is".to_owned())
                .with_help("Set PGPACT_LIVE, DATABASE_URL or SUPABASE_DB_URL to the connection string, or name another source with --live.")
        })?;
        Sources::new(vec![Source::parse(&secret, &here)?])
    }
}

/// A source as a configuration spells it: `env:NAME` stands for a variable.
pub(super) fn configured_source(text: &str, base: &Path) -> Result<Source> {
    match text.strip_prefix("env:") {
        Some(name) => {
            let here = std::env::current_dir().unwrap_or_default();
            from_variable(name).and_then(|secret| Source::parse(&secret, &here))
        }
        None => Source::parse(&text.to_owned().into(), base),
    }
}

fn from_variable(name: &str) -> Result<SecretString> {
    match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Ok(value.into()),
        _ => Err(usage(format!("the variable {name} is not set"))
            .with_help("It should hold the connection string of the live database.")),
    }
}

fn report_target(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text
        .split_once('=')
        .ok_or("spell it FORMAT=FILE, e.g. json=report.json")?;
    let format = Format::from_str(format, true)
        .map_err(|_| format!("{format:?} is none of {}", formats().join(", ")))?;
    Ok((format, PathBuf::from(file)))
}

fn formats() -> Vec<String> {
    let formats = Format::value_variants().iter();
    let formats = formats.filter_map(Format::to_possible_value);
    formats.map(|value| value.get_name().to_owned()).collect()
}

fn usage(message: String) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message)
}
