//! `pgpact access`.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::flags::Flags;
use super::output::Output;
use super::verify::{render, write_reports};
use crate::access::Matrix;
use crate::app;
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::report::access as rendered;
use crate::source::{Source, Sources};

/// What `access` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whose contract is tried: a directory of migrations, a .sql file, a saved contract, or postgres://…, which is
    /// only read. It is made in a scratch, filled with rows of two tenants, and everybody tries everything there
    #[arg(
        required = true,
        value_name = "SOURCE",
        env = "PGPACT_EXPECTED",
        hide_env_values = true
    )]
    sources: Vec<SecretString>,
    /// Write the matrix here: .json to commit it, .md to read it, .html to see it; may be repeated
    #[arg(long, short, value_name = "FILE.json|.md|.html")]
    output: Vec<PathBuf>,
    /// Hold the matrix to a committed one: what is wider is critical, what is narrower an error
    #[arg(long, value_name = "FILE.json")]
    against: Option<PathBuf>,
    /// Print rules for pgpact.toml that state what was found to be denied today
    #[arg(long)]
    propose: bool,
}

pub(super) async fn run(
    flags: &Flags,
    arguments: &Arguments,
    progress: &dyn Progress,
) -> Result<Output> {
    let config = flags.config()?;
    let here = std::env::current_dir().unwrap_or_default();
    let sources = arguments
        .sources
        .iter()
        .map(|text| Source::parse(text, &here));
    let sources = Sources::new(sources.collect::<Result<_>>()?)?;
    let wish = config.access.wish();
    let committed = arguments.against.as_deref().map(read).transpose()?;
    let settings = flags.settings(config, sources.clone(), sources)?;
    let accessed = app::access(&settings, &wish, committed.as_ref(), progress).await;
    write_reports(flags, &accessed.report)?;
    if accessed.report.failure.is_none() {
        for path in &arguments.output {
            write(path, &accessed.matrix)?;
        }
    }
    let text = match arguments.propose {
        true => rendered::proposal(&accessed.matrix),
        false => render(&accessed.report, flags.format),
    };
    Ok(Output {
        text,
        status: accessed.report.exit_status(),
    })
}

/// Reads a committed matrix.
pub(super) fn read(path: &Path) -> Result<Matrix> {
    let shown = crate::source::shown(path);
    let invalid = |why: &str| {
        Error::new(ErrorCode::ConfigInvalid, format!("{shown} cannot be read as an access matrix: {why}"))
            .with_help("It is written by `pgpact access SOURCE --output FILE.json`; restore it from the repository's history.")
    };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(&error.to_string()))?;
    Matrix::from_json(&text).map_err(|why| invalid(&why))
}

fn write(path: &Path, matrix: &Matrix) -> Result<()> {
    let text = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => matrix.to_json(),
        Some("md") => rendered::markdown(matrix),
        Some("html") => rendered::html(matrix),
        _ => {
            let message = format!(
                "--output {}: the name ends neither in .json nor in .md nor in .html",
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
