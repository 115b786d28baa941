//! `pgpact inventory`.

use std::path::PathBuf;

use secrecy::SecretString;

use super::Output;
use super::flags::Flags;
use crate::app;
use crate::contract;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::source::{Place, Source, Sources};

/// Arguments of `inventory`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to read: a directory of migrations, a .sql file, a saved contract, or postgres://…;
    /// SQL sources may be repeated and are replayed on top of each other
    #[arg(
        required = true,
        value_name = "SOURCE",
        env = "PGPACT_LIVE",
        hide_env_values = true
    )]
    sources: Vec<SecretString>,
    /// Say that the contract holds these migrations: newer ones can be replayed on it later. What a database recorded
    /// and what is replayed is said without being asked
    #[arg(long, value_name = "DIR")]
    contains: Option<PathBuf>,
    /// Write the contract here instead of standard output
    #[arg(long, short, value_name = "FILE.json")]
    output: Option<PathBuf>,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let here = std::env::current_dir().unwrap_or_default();
    let sources = arguments
        .sources
        .iter()
        .map(|text| Source::parse(text, &here));
    let sources = Sources::new(sources.collect::<Result<_>>()?)?;
    let settings = flags.settings(config, sources.clone(), sources)?;
    let contained = arguments.contains.as_ref();
    let contained = contained.map(|folder| Place::on_disk(&here.join(folder)).migrations());
    let contained = contained.transpose()?;
    let read = app::inventory(&settings, contained.as_ref(), progress);
    let read = tokio::time::timeout(settings.timeout, read);
    let contract = read
        .await
        .map_err(|_| Error::new(ErrorCode::TimedOut, "no contract within the time allowed"))??;
    let mut text = contract::to_json(&contract);
    if let Some(path) = &arguments.output {
        std::fs::write(path, &text).map_err(|source| {
            Error::new(
                ErrorCode::ReportFailed,
                format!("cannot write {}", path.display()),
            )
            .with_source(source)
        })?;
        text = format!(
            "{} objects written to {}\n",
            contract.objects.len(),
            path.display()
        );
    }
    Ok(Output { text, status: 0 })
}
