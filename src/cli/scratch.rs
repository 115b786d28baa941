//! `pgpact scratch`.

use super::flags::{Flags, SideFlags};
use super::output::Output;
use crate::app;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::source::Sources;

/// Arguments of `scratch`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What is replayed; a live database, where one is named, says for which server and platform.
    #[command(flatten)]
    pub sides: SideFlags,
}

/// Prints the address as soon as there is one, and keeps the server until somebody ends it.
pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Output> {
    let config = flags.config()?;
    if flags.scratch.server()?.is_some() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "--scratch names a server, and this command starts one",
        )
        .with_help("Leave --scratch out, and PGPACT_SCRATCH."));
    }
    let expected = arguments.sides.expected(&config)?;
    let live = match arguments.sides.names_live(&config) {
        true => arguments.sides.live(&config)?,
        false => Sources::none(),
    };
    let settings = flags.settings(config, expected, live)?;
    let mut interrupted = std::pin::pin!(interrupted);
    let held = tokio::select! {
        held = tokio::time::timeout(settings.timeout, app::hold(&settings, progress)) => {
            held.map_err(|_| Error::new(ErrorCode::TimedOut, "no scratch within the time allowed"))??
        }
        () = &mut interrupted => return Err(Error::new(ErrorCode::Interrupted, "interrupted")),
    };
    for finding in &held.findings {
        tracing::warn!("{}: {}", finding.code, finding.message);
    }
    let url = held
        .url()
        .ok_or_else(|| Error::new(ErrorCode::ScratchFailed, "the scratch has no address"))?;
    progress.show(&format!("{url}\n"));
    progress.phase("the scratch runs until Ctrl-C");
    interrupted.await;
    drop(held);
    Ok(Output {
        text: String::new(),
        status: 0,
    })
}
