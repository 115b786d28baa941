//! `pgpact reconcile`.

use std::path::{Path, PathBuf};

use super::Output;
use super::flags::{Flags, SideFlags};
use crate::app::{self, Reconciled, Request};
use crate::error::{Error, ErrorCode, Result};
use crate::plan::Permissions;
use crate::progress::Progress;

/// Arguments of `reconcile`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The two sides
    #[command(flatten)]
    sides: SideFlags,
    /// Write the SQL to this file; a directory of migrations gets a file named by its own convention
    #[arg(long, short, value_name = "FILE.sql|DIR")]
    output: Option<PathBuf>,
    /// The whole contract as one migration that can be run on an empty or a half-built database
    #[arg(long)]
    full: bool,
    /// Let steps through that lose data, by name: drop-table, drop-column, drop-sequence,
    /// drop-attribute, change-type, …, or all; may be repeated
    #[arg(long, value_name = "LOSS", value_delimiter = ',')]
    allow: Vec<String>,
    /// Write the plan without trying it in a scratch first
    #[arg(long)]
    no_proof: bool,
    /// Do not count the rows that would be in the way
    #[arg(long)]
    no_data_checks: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let expected = arguments.sides.expected(&config)?;
    let live = arguments.sides.live(&config)?;
    let settings = flags.settings(config, expected, live)?;
    let request = Request {
        full: arguments.full,
        with_proof: !arguments.no_proof,
        with_data_checks: !arguments.no_data_checks,
        permissions: Permissions {
            allowed: arguments.allow.iter().cloned().collect(),
        },
    };
    let reconciled = app::reconcile(&settings, &request, progress).await?;
    let status = u8::from(!reconciled.plan.withheld.is_empty());
    let text = match &arguments.output {
        Some(path) => written(path, &reconciled)?,
        None => reconciled.sql,
    };
    Ok(Output { text, status })
}

fn written(path: &Path, reconciled: &Reconciled) -> Result<String> {
    if path.is_dir() && reconciled.plan.steps.is_empty() {
        return Ok("nothing to do, no file was written\n".to_owned());
    }
    let file = if path.is_dir() {
        next_in(path)?
    } else {
        path.to_owned()
    };
    std::fs::write(&file, &reconciled.sql).map_err(|source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot write {}", file.display()),
        )
        .with_source(source)
    })?;
    Ok(format!(
        "{} steps written to {}, {} withheld\n",
        reconciled.plan.steps.len(),
        file.display(),
        reconciled.plan.withheld.len()
    ))
}

/// The next file's name in a directory of migrations: a time where the others have one, else the next number.
fn next_in(folder: &Path) -> Result<PathBuf> {
    let unreadable = |source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot read {}", folder.display()),
        )
        .with_source(source)
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?.flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    let last = names.iter().max().map_or("", String::as_str);
    let letter = last.strip_prefix('V').map_or("", |_| "V");
    let digits: String = last[letter.len()..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let separator = if letter.is_empty() { "_" } else { "__" };
    let version = match digits.len() {
        0 | 14 => jiff::Zoned::now()
            .with_time_zone(jiff::tz::TimeZone::UTC)
            .strftime("%Y%m%d%H%M%S")
            .to_string(),
        length => {
            let number: u64 = digits.parse().unwrap_or_default();
            format!("{:0length$}", number + 1)
        }
    };
    Ok(folder.join(format!("{letter}{version}{separator}reconcile.sql")))
}
