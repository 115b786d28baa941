//! `pgpact man`.

use clap::CommandFactory as _;

use super::{Cli, Output};
use crate::config::did_you_mean;
use crate::error::{Error, ErrorCode, Result};

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The command that the page is about; without one it is about all
    command: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Output> {
    let mut all = Cli::command();
    all.build();
    let about = match &arguments.command {
        None => all,
        Some(name) => {
            let found = all.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                Error::new(
                    ErrorCode::ConfigInvalid,
                    format!("there is no command {name:?}"),
                )
                .with_help(did_you_mean(name, &known))
            })?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(about)
        .render(&mut page)
        .map_err(|error| {
            Error::new(ErrorCode::ReportFailed, "the page cannot be made").with_source(error)
        })?;
    Ok(Output {
        text: String::from_utf8_lossy(&page).into_owned(),
        status: 0,
    })
}
