//! `pgpact reconcile`.

pub(super) mod naming;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Output;
use super::flags::{Flags, Format, SideFlags};
use crate::app::{self, Reconciled, Renames, Request, Settings};
use crate::error::{Error, ErrorCode, Result};
use crate::plan::{self, Permissions};
use crate::progress::Progress;
use crate::report::visible_line;

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
    /// What becomes of what has the same content under another name on live: asked for on a terminal and
    /// else only named in the plan; renamed; or dropped and made anew
    #[arg(
        long,
        value_name = "ask|auto|off",
        default_value = "ask",
        env = "PGPACT_RENAMES",
        hide_env_values = true
    )]
    renames: Renames,
    /// Write the plan without trying it in a scratch first
    #[arg(long)]
    no_proof: bool,
    /// Apply the plan to live once it is proven; asks first on a terminal
    #[arg(long, conflicts_with_all = ["output", "no_proof", "full"])]
    apply: bool,
    /// Apply without asking
    #[arg(long, requires = "apply")]
    yes: bool,
    /// Neither count the rows that would be in the way nor look how large tables are
    #[arg(long)]
    no_data_checks: bool,
    /// Show the key of one row for each count of rows in the way; without it no value of a row is ever read
    #[arg(long, conflicts_with = "no_data_checks")]
    show_rows: bool,
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
        shows_rows: arguments.show_rows,
        renames: arguments.renames,
        may_ask: !arguments.yes,
        in_transaction: !arguments.apply
            && arguments
                .output
                .as_deref()
                .is_some_and(|output| output.is_dir() && naming::is_run_in_transactions(output)),
        as_applied: false,
        permissions: Permissions {
            allowed: arguments.allow.iter().cloned().collect(),
            is_bundle: arguments.full,
            is_copy: false,
        },
    };
    check_formats(flags)?;
    if arguments.apply {
        app::target(&settings)?;
    }
    let reconciled = app::reconcile(&settings, &request, progress).await?;
    for (_, path) in &flags.reports {
        write(path, &reconciled.json)?;
    }
    let status = u8::from(!reconciled.plan.is_complete());
    if arguments.apply {
        return applied(&settings, arguments, reconciled, progress).await;
    }
    let text = match &arguments.output {
        Some(path) => written(path, &reconciled)?,
        None if flags.format == Format::Json => reconciled.json,
        None => reconciled.sql,
    };
    Ok(Output { text, status })
}

/// A plan is SQL with comments, or JSON.
fn check_formats(flags: &Flags) -> Result<()> {
    let is_plans = |format: Format| matches!(format, Format::Text | Format::Json);
    let reports = flags
        .reports
        .iter()
        .all(|(format, _)| *format == Format::Json);
    if is_plans(flags.format) && reports {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ConfigInvalid,
        "a plan is written as SQL or as JSON",
    )
    .with_help("Leave --format out, or use --format json or --report json=FILE."))
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
        "{}\nApply {} to {}?",
        reconciled.sql,
        counted(reconciled.plan.steps.len(), "step"),
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
            "{} applied; live is what the contract says\n",
            counted(reconciled.plan.steps.len(), "step")
        ),
        left => {
            let names: Vec<String> = left.iter().map(|id| format!("  {id}\n")).collect();
            format!(
                "{} applied; still different:\n{}",
                counted(reconciled.plan.steps.len(), "step"),
                names.concat()
            )
        }
    };
    Ok(Output {
        text,
        status: u8::from(!left.is_empty()),
    })
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot write {}", file.display()),
        )
        .with_source(source)
    })
}

fn written(path: &Path, reconciled: &Reconciled) -> Result<String> {
    let steps = &reconciled.plan.steps;
    if path.is_dir() && steps.is_empty() {
        return Ok("nothing to do, no file was written\n".to_owned());
    }
    let file = if path.is_dir() {
        naming::next_in(path)?
    } else {
        path.to_owned()
    };
    write(&file, &reconciled.sql)?;
    let mut text = format!(
        "{} written to {}\n",
        counted(steps.len(), "step"),
        file.display()
    );
    for line in summary(reconciled) {
        writeln!(text, "  {line}").expect("a string takes all");
    }
    Ok(text)
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// What somebody should know who does not read the file.
fn summary(reconciled: &Reconciled) -> Vec<String> {
    let mut lines = reconciled.notes.clone();
    let mut large: BTreeMap<&str, String> = BTreeMap::new();
    for step in &reconciled.plan.steps {
        let risk = &step.statement.risk;
        if let (Some((_, relation)), Some(size)) = (&risk.lock, risk.size) {
            large.insert(relation, plan::size_told(size));
        }
    }
    lines.extend(
        large
            .iter()
            .map(|(name, size)| format!("Read or written: all of {name}, {size}.")),
    );
    let withheld = reconciled.plan.withheld.iter();
    lines.extend(withheld.map(|one| format!("Withheld: {}: {}.", one.id, one.why)));
    lines.iter().map(|line| visible_line(line)).collect()
}
