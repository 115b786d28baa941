//! `pgpact verify`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::flags::{ChangeFlags, Flags, Format, SideFlags};
use super::output::Output;
use super::targets::{TargetFlags, Work};
use super::watch::Watch;
use crate::app;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::report::{self, Report, markdown};

/// What `verify` takes.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// What is compared.
    #[command(flatten)]
    pub sides: SideFlags,
    /// The change that is looked at.
    #[command(flatten)]
    pub change: ChangeFlags,
    /// Which databases, where there are several.
    #[command(flatten)]
    pub targets: TargetFlags,
    /// Verify again whenever the migrations or the configuration change, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    if arguments.watch {
        watch(flags, arguments, progress).await;
    }
    let report = look(work(flags, arguments)?, progress).await?;
    write_reports(flags, &report)?;
    Ok(Output {
        text: render(&report, flags.format),
        status: report.exit_status(),
    })
}

fn work(flags: &Flags, arguments: &Arguments) -> Result<Work> {
    let config = flags.config()?;
    arguments
        .targets
        .work(flags, config, &arguments.sides, &arguments.change)
}

/// Verifies after every change of what is watched. Nothing that goes wrong meanwhile ends it: the next change may mend it.
async fn watch(flags: &Flags, arguments: &Arguments, progress: &dyn Progress) -> ! {
    let mut places = Watch::new(Vec::new());
    loop {
        let begun = work(flags, arguments).map(|mut work| {
            let settings = work.settings();
            let watched = settings
                .iter()
                .flat_map(|settings| settings.expected.places());
            let mut watched: BTreeSet<PathBuf> = watched.map(Path::to_owned).collect();
            watched.extend(flags.configured().unwrap_or_default());
            places.turn_to(watched.into_iter().collect());
            work
        });
        let seen = async { look(begun?, progress).await };
        let text = match seen.await {
            Ok(report) => match write_reports(flags, &report) {
                Ok(()) => render(&report, flags.format),
                Err(error) => told(&error),
            },
            Err(error) => told(&error),
        };
        progress.show(&text);
        progress.phase("waiting for a change");
        places.changed().await;
    }
}

fn told(error: &Error) -> String {
    let help = error.help().map(|help| format!("  help: {help}\n"));
    format!("{}\n{}", error.chain(), help.unwrap_or_default())
}

/// Verifies one database, or all targets.
pub(super) async fn look(work: Work, progress: &dyn Progress) -> Result<Report> {
    match work {
        Work::One(settings) => Ok(app::verify(&settings, progress).await),
        Work::Fleet(fleet) => app::verify_all(fleet, progress).await,
        Work::Reported(paths) => super::merge::merged(&paths),
    }
}

/// The report in a format.
pub(super) fn render(report: &Report, format: Format) -> String {
    match format {
        Format::Text => report::render_terminal(report, terminal_width()),
        Format::Json => report::render_json(report),
        Format::Markdown => markdown::render(report, &markdown::Options::default()),
        Format::Sarif => report::sarif(report),
        Format::Junit => report::junit(report),
        Format::Html => report::html(report, &report::Page::default()),
        Format::Badge => report::badge(report),
        Format::Shields => report::shields(report),
    }
}

/// Writes the files that `--report` asks for.
pub(super) fn write_reports(flags: &Flags, report: &Report) -> Result<()> {
    write_reports_with(flags, |format| render(report, format))
}

/// Writes the files that `--report` asks for, as they are rendered.
pub(super) fn write_reports_with(flags: &Flags, render: impl Fn(Format) -> String) -> Result<()> {
    let mut reports = flags.reports.iter();
    reports.try_for_each(|(format, path)| write(path, &render(*format)))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let plain = anstream::adapter::strip_str(text).to_string();
    std::fs::write(path, plain).map_err(|source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot write {}", path.display()),
        )
        .with_source(source)
    })
}

pub(super) fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    columns.unwrap_or(110)
}
