//! `pgpact merge`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::flags::Flags;
use super::output::Output;
use super::verify::{render, write_reports};
use crate::error::{Error, ErrorCode, Result};
use crate::report::{self, Report};

/// What `merge` takes.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// JSON reports, as `--report json=FILE` writes them; a folder stands for the .json files in it
    #[arg(value_name = "REPORT", required = true)]
    pub files: Vec<PathBuf>,
}

pub(super) fn run(flags: &Flags, arguments: &Arguments) -> Result<Output> {
    let report = merged(&arguments.files)?;
    write_reports(flags, &report)?;
    Ok(Output {
        text: render(&report, flags.format),
        status: report.exit_status(),
    })
}

/// One report out of files and folders of them.
pub(super) fn merged(paths: &[PathBuf]) -> Result<Report> {
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => files.extend(reports_in(path)?),
            false => files.push(path.clone()),
        }
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        return Err(
            Error::new(ErrorCode::SourceInvalid, "there is no report to merge")
                .with_help("Name the JSON reports, or the folder that they were downloaded to."),
        );
    }
    let reports = files.iter().map(|file| {
        let name = crate::source::shown(file);
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, error))?;
        report::read_json(&text, &name).map(|report| (name, report))
    });
    report::merge(reports.collect::<Result<_>>()?)
}

/// Downloaded artifacts lie in a folder each.
fn reports_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.is_dir() {
            found.extend(reports_in(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(
        ErrorCode::SourceInvalid,
        format!("{} cannot be read", path.display()),
    )
    .with_help("Name the JSON reports, or the folder that they were downloaded to.")
    .with_source(error)
}
