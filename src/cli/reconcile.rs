//! `pgpact reconcile`.

use std::path::{Path, PathBuf};

use super::Output;
use super::flags::{Flags, SideFlags};
use crate::app::{self, Reconciled, Request, Settings};
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
    /// Apply the plan to live once it is proven; asks first on a terminal
    #[arg(long, conflicts_with_all = ["output", "no_proof", "full"])]
    apply: bool,
    /// Apply without asking
    #[arg(long, requires = "apply")]
    yes: bool,
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
            is_bundle: arguments.full,
        },
    };
    let reconciled = app::reconcile(&settings, &request, progress).await?;
    let status = u8::from(!reconciled.plan.is_complete());
    if arguments.apply {
        return applied(&settings, arguments, reconciled, progress).await;
    }
    let text = match &arguments.output {
        Some(path) => written(path, &reconciled)?,
        None => reconciled.sql,
    };
    Ok(Output { text, status })
}

async fn applied(
    settings: &Settings,
    arguments: &Arguments,
    reconciled: Reconciled,
    progress: &dyn Progress,
) -> Result<Output> {
    let status = u8::from(!reconciled.plan.is_complete());
    if reconciled.plan.steps.is_empty() {
        let text = reconciled.sql;
        return Ok(Output { text, status });
    }
    let question = format!(
        "{}\nApply these {} steps to {}?",
        reconciled.sql,
        reconciled.plan.steps.len(),
        settings.live.label()
    );
    let agreed = arguments.yes
        || progress.confirm(&question).ok_or_else(|| {
            Error::new(
                ErrorCode::ConfigInvalid,
                "nobody is here to be asked whether to apply the plan",
            )
            .with_help("Look at the plan first, then add --yes.")
        })?;
    if !agreed {
        let text = "nothing was changed\n".to_owned();
        return Ok(Output { text, status: 1 });
    }
    let left = app::apply(settings, &reconciled, progress).await?;
    let text = match left.as_slice() {
        [] => format!(
            "{} steps applied; live is what the contract says\n",
            reconciled.plan.steps.len()
        ),
        left => {
            let names: Vec<String> = left.iter().map(|id| format!("  {id}\n")).collect();
            format!(
                "{} steps applied; still different:\n{}",
                reconciled.plan.steps.len(),
                names.concat()
            )
        }
    };
    Ok(Output {
        text,
        status: u8::from(!left.is_empty()),
    })
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
