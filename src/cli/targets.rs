//! Several databases, as flags and configuration name them.

use std::path::PathBuf;

use clap::Args;

use super::flags::{ChangeFlags, Flags, SideFlags};
use crate::app::{Fleet, Settings, Target};
use crate::config::{self, Config, Tenants};
use crate::contract::Pattern;
use crate::error::{Error, ErrorCode, Result};
use crate::report::Shard;
use crate::source::Sources;

/// Which of several databases are meant, where pgpact.toml has [[target]]s.
#[derive(Debug, Clone, Default, Args)]
pub struct NameFlags {
    /// Only targets whose names are like this, e.g. `production` or `eu/tenant_*`; may be repeated
    #[arg(
        long,
        value_name = "GLOB",
        env = "PGPACT_TARGET",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub target: Vec<String>,
}

/// How several databases are verified, where pgpact.toml has [[target]]s.
#[derive(Debug, Clone, Default, Args)]
pub struct TargetFlags {
    /// Which of them.
    #[command(flatten)]
    pub names: NameFlags,
    /// Only one of so many equal parts of all targets, e.g. `3/20`
    #[arg(
        long,
        value_name = "NUMBER/OF",
        env = "PGPACT_SHARD",
        hide_env_values = true
    )]
    pub shard: Option<Shard>,
    /// How many targets are looked at at the same time
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 4,
        env = "PGPACT_JOBS",
        hide_env_values = true,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub jobs: u16,
}

/// What is verified.
pub(super) enum Work {
    /// One database.
    One(Box<Settings>),
    /// Those of the configuration.
    Fleet(Fleet),
    /// Nothing any more: what other runs reported is told as one.
    Reported(Vec<PathBuf>),
}

impl Work {
    /// Settings of every database, where they could be made.
    pub(super) fn settings(&mut self) -> Vec<&mut Settings> {
        match self {
            Self::One(settings) => vec![settings],
            Self::Fleet(fleet) => {
                let targets = fleet.targets.iter_mut();
                targets
                    .filter_map(|target| target.settings.as_mut().ok())
                    .collect()
            }
            Self::Reported(_) => Vec::new(),
        }
    }
}

impl TargetFlags {
    /// What flags and configuration say together: a live side that is named goes before targets.
    pub(super) fn work(
        &self,
        flags: &Flags,
        config: Config,
        sides: &SideFlags,
        change: &ChangeFlags,
    ) -> Result<Work> {
        let is_fleet = sides.live.is_empty() && !config.targets.is_empty();
        if is_fleet {
            return self.fleet(flags, &config, sides, change).map(Work::Fleet);
        }
        if !self.names.target.is_empty() || self.shard.is_some() {
            let why = match sides.live.is_empty() {
                true => "there is no [[target]] in the configuration",
                false => "a live side is named, which goes before targets",
            };
            return Err(invalid(format!("--target and --shard choose among targets: {why}"))
                .with_help("Put each database into pgpact.toml: [[target]] with name = \"…\" and live = \"env:NAME\"."));
        }
        let expected = sides.expected(&config)?;
        let live = sides.live(&config)?;
        let settings = settings(flags, config, change, expected, live)?;
        Ok(Work::One(Box::new(settings)))
    }

    /// All targets of the configuration. What is wrong with one alone is told as its own.
    pub(super) fn fleet(
        &self,
        flags: &Flags,
        config: &Config,
        sides: &SideFlags,
        change: &ChangeFlags,
    ) -> Result<Fleet> {
        let patterns = self.names.target.iter().map(|text| {
            Pattern::parse(text).map_err(|why| invalid(format!("--target {text}: {why}")))
        });
        let only = patterns.collect::<Result<_>>()?;
        let targets = config.targets.iter().map(|target| {
            let sides = of_target(target, config, sides);
            let made = sides.and_then(|(expected, live)| {
                settings(flags, config.clone(), change, expected, live)
            });
            Target {
                name: target.name.clone(),
                settings: made,
                tenants: target.tenants.clone(),
            }
        });
        let targets = targets.collect();
        let threshold = flags.threshold(config);
        Ok(Fleet {
            targets,
            only,
            shard: self.shard,
            jobs: self.jobs.into(),
            threshold,
        })
    }
}

/// Both sides of a target.
fn of_target(
    target: &config::Target,
    config: &Config,
    sides: &SideFlags,
) -> Result<(Sources, Sources)> {
    let expected = match target.expected.is_empty() || !sides.expected.is_empty() {
        true => sides.expected(config)?,
        false => {
            let own = Config {
                expected: target.expected.clone(),
                ..config.clone()
            };
            sides.expected(&own)?
        }
    };
    let live = super::flags::configured_source(&target.live, &config.base)
        .map_err(|error| placed(&error, &target.place))?;
    let live = Sources::new(vec![live])?;
    let needs_database = target.tenants != Tenants::Itself;
    match needs_database && live.database().is_none() {
        true => Err(invalid(format!(
            "{}: tenants are databases or schemas, and `live` is no database",
            target.place
        ))
        .with_help("Let `live` of that target be a connection string.")),
        false => Ok((expected, live)),
    }
}

fn placed(error: &Error, place: &str) -> Error {
    let help = error.help().unwrap_or_default().to_owned();
    Error::new(error.code(), format!("{place}: {}", error.chain())).with_help(help)
}

/// Everything that a comparison has to know.
pub(super) fn settings(
    flags: &Flags,
    config: Config,
    change: &ChangeFlags,
    expected: Sources,
    live: Sources,
) -> Result<Settings> {
    let asked = change.asked(&config)?;
    let lint = change.lints(&config);
    let search = change.search(&config, &expected);
    let mut settings = flags.settings(config, expected, live)?;
    settings.access = asked;
    settings.lint = lint;
    settings.usage = search;
    change.apply(flags, &mut settings)?;
    Ok(settings)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message)
}
