//! `pgpact diff`.

use secrecy::SecretString;

use super::Output;
use super::flags::Flags;
use super::verify::{render, write_reports};
use crate::app;
use crate::error::Result;
use crate::progress::Progress;
use crate::source::{Source, Sources};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to go from: a directory of migrations, a .sql file, a saved .json contract or postgres://…
    #[arg(long, value_name = "SOURCE", required = true)]
    from: Vec<SecretString>,
    /// What to go to: what it has and `--from` has not is missing
    #[arg(long, value_name = "SOURCE", required = true)]
    to: Vec<SecretString>,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let (from, to) = (sources(&arguments.from)?, sources(&arguments.to)?);
    let settings = flags.settings(config, to, from)?;
    let report = app::verify(&settings, progress).await;
    write_reports(flags, &report)?;
    Ok(Output {
        text: render(&report, flags.format),
        status: report.exit_status(),
    })
}

fn sources(spelled: &[SecretString]) -> Result<Sources> {
    let here = std::env::current_dir().unwrap_or_default();
    let sources = spelled.iter().map(|text| Source::parse(text, &here));
    Sources::new(sources.collect::<Result<_>>()?)
}
