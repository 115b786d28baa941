//! `pgpact lint`.

use secrecy::SecretString;

use super::flags::Flags;
use super::output::Output;
use super::verify::{render, write_reports};
use crate::app;
use crate::error::Result;
use crate::progress::Progress;
use crate::source::{Source, Sources};

/// What `lint` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose contract is looked at: a directory of migrations, a .sql file, a saved contract, or postgres://…, which is
    /// only read and asked for its counters as well; SQL sources may be repeated
    #[arg(
        required = true,
        value_name = "SOURCE",
        env = "PGPACT_LINT_SOURCE",
        hide_env_values = true
    )]
    sources: Vec<SecretString>,
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
    let wish = config.lint.wish(&config.smoke);
    let settings = flags.settings(config, sources.clone(), sources)?;
    let report = app::lint(&settings, &wish, progress).await;
    write_reports(flags, &report)?;
    Ok(Output {
        text: render(&report, flags.format),
        status: report.exit_status(),
    })
}
