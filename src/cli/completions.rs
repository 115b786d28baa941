//! `pgpact completions`.

use clap::CommandFactory as _;

use super::{Cli, Output};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments) -> Output {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "pgpact", &mut script);
    Output {
        text: String::from_utf8_lossy(&script).into_owned(),
        status: 0,
    }
}
