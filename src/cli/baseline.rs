//! `pgpact baseline`.

use std::path::PathBuf;

use super::Output;
use super::flags::{Flags, SideFlags};
use crate::app;
use crate::config;
use crate::error::{Error, ErrorCode, Result};
use crate::findings::Baseline;
use crate::progress::Progress;

/// Arguments of `baseline`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What is compared.
    #[command(flatten)]
    sides: SideFlags,
    /// Where to keep it [default: the configuration's, else pgpact.baseline.json]
    #[arg(long, short, value_name = "FILE.json")]
    output: Option<PathBuf>,
    /// Also accept what was found since; without, a baseline that is there only shrinks
    #[arg(long)]
    accept_new: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let expected = arguments.sides.expected(&config)?;
    let live = arguments.sides.live(&config)?;
    let usual = config.base.join(config::BASELINE_NAME);
    let path = arguments
        .output
        .clone()
        .or(config.baseline_path.clone())
        .unwrap_or(usual);
    let mut settings = flags.settings(config, expected, live)?;
    settings.baseline = None;
    settings.uses_history = true;
    let report = app::verify(&settings, progress).await;
    if let Some(failure) = report.failure {
        let error = Error::new(failure.code, failure.message);
        return Err(match failure.help {
            Some(help) => error.with_help(help),
            None => error,
        });
    }
    let today = Baseline::of(&report.findings);
    let (baseline, told) = match path.exists() {
        true => {
            let (renewed, ratchet) = config::baseline(&path)?.renewed(&today, arguments.accept_new);
            let new = match (ratchet.new, arguments.accept_new) {
                (0, _) => String::new(),
                (count, true) => format!(", {count} new accepted"),
                (count, false) => format!(", {count} new not accepted: --accept-new would"),
            };
            let told = format!("{} kept, {} gone{new}", ratchet.kept, ratchet.gone);
            (renewed, told)
        }
        false => {
            let told = format!("{} accepted as they are", today.len());
            (today, told)
        }
    };
    std::fs::write(&path, baseline.to_json()).map_err(|source| {
        let message = format!("cannot write {}", path.display());
        Error::new(ErrorCode::ReportFailed, message).with_source(source)
    })?;
    Ok(Output {
        text: format!("{}: {told}\n", crate::source::shown(&path)),
        status: 0,
    })
}
