//! `pgpact usage`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::flags::{Flags, SideFlags};
use super::output::Output;
use super::verify::{render, write_reports};
use crate::app;
use crate::config::Config;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::report::usage as rendered;
use crate::source::{Source, Sources};
use crate::usage::map::Map;
use crate::usage::search::Search;

/// What `usage` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files and folders with code [default: `paths` under [usage] in pgpact.toml, else this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The contract, and live where it is to be told what is there already.
    #[command(flatten)]
    sides: SideFlags,
    /// The contract before a change, e.g. git:origin/main:supabase/migrations: what the change takes away from
    /// code is critical then
    #[arg(
        long,
        value_name = "SOURCE",
        env = "PGPACT_BASE",
        hide_env_values = true
    )]
    base: Vec<String>,
    /// Read only files that match, e.g. 'src/**/*.ts'; may be repeated
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Leave out files and folders that match; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Write which code uses which object, and what nothing uses: .json or .md; may be repeated
    #[arg(long, value_name = "FILE.json|.md")]
    map: Vec<PathBuf>,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let expected = arguments.sides.expected(&config)?;
    let live = match arguments.sides.live.is_empty() {
        true => None,
        false => Some(arguments.sides.live(&config)?),
    };
    let mut search = search(&config, &expected, &arguments.paths);
    search.include.extend(arguments.include.iter().cloned());
    search.exclude.extend(arguments.exclude.iter().cloned());
    let mut settings = flags.settings(config, expected.clone(), expected)?;
    if !arguments.base.is_empty() {
        let here = std::env::current_dir().unwrap_or_default();
        let base = arguments
            .base
            .iter()
            .map(|text| Source::parse(&text.clone().into(), &here));
        settings.base = Some(Sources::new(base.collect::<Result<_>>()?)?);
    }
    let held = app::usage(&settings, &search, live.as_ref(), progress).await;
    write_reports(flags, &held.report)?;
    if held.report.failure.is_none() {
        for path in &arguments.map {
            write(path, &held.map)?;
        }
    }
    Ok(Output {
        text: render(&held.report, flags.format),
        status: held.report.exit_status(),
    })
}

/// Where code is looked for: in what is named, else where the configuration says, else here.
pub(super) fn search(config: &Config, expected: &Sources, named: &[PathBuf]) -> Search {
    let here = std::env::current_dir().unwrap_or_default();
    let configured = config.usage.paths.iter();
    let mut paths: Vec<PathBuf> = match named.is_empty() {
        true => configured
            .map(|path| short(&config.base.join(path), &here))
            .collect(),
        false => named.to_vec(),
    };
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    Search {
        paths,
        include: config.usage.include.clone(),
        exclude: config.usage.exclude.clone(),
        contract: expected.places().map(Path::to_owned).collect(),
    }
}

fn short(path: &Path, here: &Path) -> PathBuf {
    let below = path.strip_prefix(here).ok();
    let below = below.filter(|below| !below.as_os_str().is_empty());
    below.unwrap_or(path).to_owned()
}

fn write(path: &Path, map: &Map) -> Result<()> {
    let text = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => rendered::json(map),
        Some("md") => rendered::markdown(map),
        _ => {
            let message = format!(
                "--map {}: the name ends neither in .json nor in .md",
                path.display()
            );
            return Err(Error::new(ErrorCode::ConfigInvalid, message));
        }
    };
    std::fs::write(path, text).map_err(|source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot write {}", path.display()),
        )
        .with_source(source)
    })
}
