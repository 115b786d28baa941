//! `pgpact matrix`.

use clap::Args;
use serde_json::json;

use super::flags::{ChangeFlags, Flags, SideFlags};
use super::output::Output;
use super::targets::{NameFlags, TargetFlags};
use crate::app;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;

/// A job of a workflow that looks at so many targets takes a minute or so.
const TARGETS_A_SHARD: usize = 25;

/// Jobs that one matrix may have (GitHub's documentation, Usage limits).
const MOST_JOBS: usize = 256;

/// What `matrix` takes.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// How many jobs to share the targets among [default: one for every 25 targets]; tenants that are databases or
    /// schemas are counted by asking their servers
    #[arg(long, value_name = "COUNT", env = "PGPACT_SHARDS", hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub shards: Option<u16>,
    /// What targets are held to.
    #[command(flatten)]
    pub sides: SideFlags,
    /// Which targets.
    #[command(flatten)]
    pub names: NameFlags,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    if config.targets.is_empty() {
        return Err(Error::new(ErrorCode::ConfigInvalid, "there is no [[target]] to share among jobs")
            .with_help("Put each database into pgpact.toml: [[target]] with name = \"…\" and live = \"env:NAME\"."));
    }
    let count = match arguments.shards {
        Some(count) => count.into(),
        None => {
            let targets = TargetFlags {
                names: arguments.names.clone(),
                ..TargetFlags::default()
            };
            let fleet = targets.fleet(flags, &config, &arguments.sides, &ChangeFlags::default())?;
            let names = app::target_names(fleet, progress).await?;
            names.len().div_ceil(TARGETS_A_SHARD).clamp(1, MOST_JOBS)
        }
    };
    let shards = (1..=count).map(|number| json!({ "shard": format!("{number}/{count}"), "name": format!("{number}-of-{count}") }));
    let matrix = json!({ "include": shards.collect::<Vec<_>>() });
    Ok(Output {
        text: format!("{matrix}\n"),
        status: 0,
    })
}
