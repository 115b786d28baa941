//! What `--expected` and `--live` may name, and how it becomes a contract.

mod files;
mod history;
mod layout;
mod load;
mod probe;

pub use files::{Disk, Entry, Files, Kept};
pub use history::{Applied, Known, Remark, RemarkKind, Standing, known, late, standing};
pub use layout::{Migration, Migrations, Project, read as migrations};
pub use load::{Live, Loaded, Loader};
pub use probe::{Probe, probe};

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, ErrorCode, Result};
use crate::inspect::Connection;

/// One thing that a contract can be read from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A database, read in place.
    Database(Box<Connection>),
    /// A directory of migrations, replayed.
    Migrations(PathBuf),
    /// One SQL file, replayed.
    SqlFile(PathBuf),
    /// A contract that was saved.
    Snapshot(PathBuf),
}

/// Sources that make up one side: replayed on top of each other when there are several.
#[derive(Debug, Clone)]
pub struct Sources(Vec<Source>);

impl Source {
    /// Reads the spelling of a source; a relative path is taken from `base`.
    pub fn parse(text: &SecretString, base: &Path) -> Result<Self> {
        let spelled = text.expose_secret().trim();
        if spelled.starts_with("postgres://") || spelled.starts_with("postgresql://") {
            let trimmed = SecretString::from(spelled.to_owned());
            return Connection::parse(&trimmed).map(|target| Self::Database(Box::new(target)));
        }
        if let Some((scheme, _)) = spelled.split_once(':')
            && matches!(scheme, "git" | "rest" | "supabase")
        {
            return Err(invalid(format!("sources spelled {scheme}: are not read by this version"))
                .with_help("Name a directory of migrations, a .sql file, a saved .json contract, or postgres://…."));
        }
        if looks_like_connection(spelled) {
            return Err(invalid("a connection string is spelled in another way than postgres://…".to_owned())
                .with_help("Spell it postgres://user:password@host:5432/database; special characters of the password are percent-encoded."));
        }
        if spelled.contains("://") {
            return Err(invalid("a source with an unknown scheme".to_owned())
                .with_help("A connection string begins with postgres:// or postgresql://."));
        }
        Self::of_path(&base.join(spelled), spelled)
    }

    /// What to call it, without any secret.
    pub fn label(&self) -> String {
        match self {
            Self::Database(target) => target.label(),
            Self::Migrations(path) | Self::SqlFile(path) | Self::Snapshot(path) => shown(path),
        }
    }

    fn of_path(path: &Path, spelled: &str) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self::Migrations(path.to_owned()));
        }
        if !path.exists() {
            return Err(invalid(format!("{} does not exist", shown(path))).with_help(
                "Sources are a directory of migrations, a .sql file, a saved .json contract, or postgres://…; a relative path starts at the working directory, or at pgpact.toml for one that stands there.",
            ));
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("sql") => Ok(Self::SqlFile(path.to_owned())),
            Some("json") => Ok(Self::Snapshot(path.to_owned())),
            _ => Err(invalid(format!(
                "{spelled} is neither a directory nor a .sql or .json file"
            ))
            .with_help("Name the directory that holds the migrations.")),
        }
    }
}

impl Sources {
    /// Takes one source, or several that can be replayed on top of each other.
    pub fn new(sources: Vec<Source>) -> Result<Self> {
        let can_be_layered = sources
            .iter()
            .all(|source| matches!(source, Source::Migrations(_) | Source::SqlFile(_)));
        match sources.len() {
            0 => Err(invalid("no source is named".to_owned())),
            1 => Ok(Self(sources)),
            _ if can_be_layered => Ok(Self(sources)),
            _ => Err(invalid("several sources for one side must all be SQL".to_owned())
                .with_help("Directories of migrations and .sql files are replayed on top of each other; a database or saved contract stands alone.")),
        }
    }

    /// What to call them.
    pub fn label(&self) -> String {
        let labels: Vec<String> = self.0.iter().map(Source::label).collect();
        labels.join(" + ")
    }

    /// The database, when they are one.
    pub fn database(&self) -> Option<&Connection> {
        match self.0.as_slice() {
            [Source::Database(target)] => Some(target),
            _ => None,
        }
    }

    /// What can be known of the project around them, from the first directory of migrations.
    pub fn project(&self) -> Project {
        let directory = self.0.iter().find_map(|source| match source {
            Source::Migrations(path) => Some(path),
            Source::Database(_) | Source::SqlFile(_) | Source::Snapshot(_) => None,
        });
        directory
            .map(|path| Project::around(&files::Disk, path))
            .unwrap_or_default()
    }
}

/// Text that may hold a password is never repeated in an error.
fn looks_like_connection(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains('@')
        || text.contains("password")
        || text.starts_with("postgres:")
        || text.starts_with("postgresql:")
        || text.contains("host=")
        || text.contains("user=")
}

/// A path as people want to read it: relative to the working directory where it is below it.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).unwrap_or(path);
    let plain: PathBuf = relative
        .components()
        .filter(|part| part.as_os_str() != ".")
        .collect();
    plain.display().to_string()
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::SourceInvalid, message)
}
