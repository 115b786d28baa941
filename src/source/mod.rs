//! What `--expected` and `--live` may name, and how it becomes a contract.

mod files;
mod find;
mod git;
mod history;
mod layout;
mod load;
mod pending;
mod probe;
mod rest;
mod start;

pub use files::{Disk, Entry, Files, Kept};
pub use find::{Found, find_migrations};
pub use git::{Repository, blob_id};
pub use history::{Applied, Known, Remark, RemarkKind, Standing, known, late, standing};
pub use layout::{Migration, Migrations, Project, read as migrations};
pub use load::{Live, Loaded, Loader};
pub use pending::Pending;
pub use probe::{Probe, probe};
pub use rest::{RestKeys, RestSource};
pub use start::Start;

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::contract::Gap;
use crate::error::{Error, ErrorCode, Result};
use crate::inspect::{Access, Connection, Hosted};
use crate::scratch::{Atomicity, MigrationFile};

/// One thing that a contract can be read from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A database, read in place.
    Database(Box<Connection>),
    /// A project at Supabase, its catalogs read through the Management API.
    Hosted(Box<Hosted>),
    /// A project's REST endpoint, which tells a part.
    Rest(Box<RestSource>),
    /// A directory of migrations, replayed.
    Migrations(Place),
    /// Those of a directory that a database says it has, as it says it ran them.
    Applied(Place, Arc<Vec<Batch>>),
    /// One SQL file, replayed.
    SqlFile(Place),
    /// A contract that was saved.
    Snapshot(Place),
}

/// A directory or file: on the disk, at a revision, or had from elsewhere.
#[derive(Clone)]
pub struct Place {
    files: Arc<dyn Files>,
    path: PathBuf,
    label: String,
    may_be_empty: bool,
}

/// Files and how their tool runs them.
pub(crate) type Batch = (Vec<MigrationFile>, Atomicity);

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
        if let Some(rest) = spelled.strip_prefix("git:") {
            return Place::at_revision(rest, base).map(Self::Migrations);
        }
        if let Some(reference) = spelled.strip_prefix("supabase:") {
            return Hosted::new(reference).map(|project| Self::Hosted(Box::new(project)));
        }
        if let Some(address) = spelled.strip_prefix("rest:") {
            return RestSource::new(address).map(|endpoint| Self::Rest(Box::new(endpoint)));
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
            Self::Hosted(project) => project.label(),
            Self::Rest(endpoint) => endpoint.label(),
            Self::Applied(place, _) => format!("{}, as far as applied", place.label),
            Self::Migrations(place) | Self::SqlFile(place) | Self::Snapshot(place) => {
                place.label.clone()
            }
        }
    }

    fn of_path(path: &Path, spelled: &str) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self::Migrations(Place::on_disk(path)));
        }
        if !path.exists() {
            return Err(invalid(format!("{} does not exist", shown(path))).with_help(
                "Sources are a directory of migrations, a .sql file, a saved .json contract, or postgres://…; a relative path starts at the working directory, or at pgpact.toml for one that stands there.",
            ));
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("sql") => Ok(Self::SqlFile(Place::on_disk(path))),
            Some("json") => Ok(Self::Snapshot(Place::on_disk(path))),
            _ => Err(invalid(format!(
                "{spelled} is neither a directory nor a .sql or .json file"
            ))
            .with_help("Name the directory that holds the migrations.")),
        }
    }
}

impl Place {
    /// A directory on the disk.
    pub fn on_disk(path: &Path) -> Self {
        Self {
            files: Arc::new(Disk),
            path: path.to_owned(),
            label: shown(path),
            may_be_empty: false,
        }
    }

    /// A place in a set of files, by its path in there; `label` is what reports call it.
    fn kept(files: Kept, path: PathBuf, label: String) -> Self {
        Self {
            files: Arc::new(files),
            path,
            label,
            may_be_empty: false,
        }
    }

    /// The same place among other files; nothing there is nothing declared.
    fn among(&self, files: Arc<dyn Files>, label: String) -> Self {
        Self {
            files,
            path: self.path.clone(),
            label,
            may_be_empty: true,
        }
    }

    /// `REV:DIR`, as git itself spells it; the directory is taken from `base`.
    fn at_revision(spelled: &str, base: &Path) -> Result<Self> {
        let (revision, directory) = spelled.rsplit_once(':').ok_or_else(|| {
            invalid(format!("git:{spelled} names no directory")).with_help(
                "Spell it git:REVISION:DIRECTORY, e.g. git:origin/main:supabase/migrations.",
            )
        })?;
        let path = base.join(directory);
        let files = Repository::around(base)?.files_at(revision, &path)?;
        Ok(Self::kept(
            files,
            path,
            format!("git:{revision}:{directory}"),
        ))
    }

    /// Its path on the disk, or the one that it would have there.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The migrations of a directory, in order.
    pub fn migrations(&self) -> Result<Migrations> {
        match layout::read(&*self.files, &self.path) {
            Err(_) if self.may_be_empty && !self.holds_sql() => Ok(Migrations::none()),
            migrations => migrations,
        }
    }

    /// What one SQL file holds.
    fn file(&self) -> Result<Option<MigrationFile>> {
        match self.files.read(&self.path) {
            Err(error) if self.may_be_empty && error.kind() == ErrorKind::NotFound => Ok(None),
            Ok(_) | Err(_) => layout::read_file(&*self.files, &self.path).map(Some),
        }
    }

    fn holds_sql(&self) -> bool {
        let entries = self.files.list(&self.path).unwrap_or_default();
        entries.iter().any(|entry| entry.name.ends_with(".sql"))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label)
    }
}

impl Sources {
    /// Takes one source, or several that can be replayed on top of each other.
    pub fn new(sources: Vec<Source>) -> Result<Self> {
        // A saved contract can be what the rest is replayed on.
        let is_start = matches!(sources.first(), Some(Source::Snapshot(_)));
        let can_be_layered = sources.iter().skip(usize::from(is_start)).all(|source| {
            matches!(
                source,
                Source::Migrations(_) | Source::Applied(..) | Source::SqlFile(_)
            )
        });
        match sources.len() {
            0 => Err(invalid("no source is named".to_owned())),
            1 => Ok(Self(sources)),
            _ if can_be_layered => Ok(Self(sources)),
            _ => Err(invalid("several sources for one side must all be SQL".to_owned())
                .with_help("Directories of migrations and .sql files are replayed on top of each other, the first of them on a saved contract if need be; a database stands alone.")),
        }
    }

    /// One database.
    pub fn of_database(target: Connection) -> Self {
        Self(vec![Source::Database(Box::new(target))])
    }

    /// Nothing, where nothing is compared.
    pub fn none() -> Self {
        Self(Vec::new())
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

    /// The project that is read through the Management API, when they are one.
    pub fn hosted(&self) -> Option<&Hosted> {
        match self.0.as_slice() {
            [Source::Hosted(project)] => Some(project),
            _ => None,
        }
    }

    /// The REST endpoint, when they are one.
    pub fn rest(&self) -> Option<&RestSource> {
        match self.0.as_slice() {
            [Source::Rest(endpoint)] => Some(endpoint),
            _ => None,
        }
    }

    /// The same, with what services want to see that are asked.
    #[must_use]
    pub fn with_access(mut self, access: &Access, rest: &RestKeys) -> Self {
        for source in &mut self.0 {
            match source {
                Source::Hosted(project) => **project = project.as_ref().clone().with(access),
                Source::Rest(endpoint) => **endpoint = endpoint.as_ref().clone().with(rest),
                Source::Database(_)
                | Source::Migrations(_)
                | Source::Applied(..)
                | Source::SqlFile(_)
                | Source::Snapshot(_) => {}
            }
        }
        self
    }

    /// Whether they are SQL that is replayed from nothing.
    pub fn are_sql(&self) -> bool {
        let mut sources = self.0.iter();
        sources.all(|source| {
            matches!(
                source,
                Source::Migrations(_) | Source::Applied(..) | Source::SqlFile(_)
            )
        })
    }

    /// What can be known of the project around them, from the first directory of migrations.
    pub fn project(&self) -> Project {
        self.folder()
            .map(|folder| Project::around(&*folder.files, &folder.path))
            .unwrap_or_default()
    }

    /// The same sources among other files, where all of them are SQL; `label` is how those are called.
    pub fn among(&self, files: &Arc<dyn Files>, label: &str) -> Option<Self> {
        let there = |place: &Place| place.among(files.clone(), format!("{label}:{}", place.label));
        let sources = self.0.iter().map(|source| match source {
            Source::Migrations(place) | Source::Applied(place, _) => {
                Some(Source::Migrations(there(place)))
            }
            Source::SqlFile(place) => Some(Source::SqlFile(there(place))),
            // Where it is new, what it holds was there before all the same.
            Source::Snapshot(place) if files.read(&place.path).is_err() => {
                Some(Source::Snapshot(place.clone()))
            }
            Source::Snapshot(place) => Some(Source::Snapshot(there(place))),
            Source::Database(_) | Source::Hosted(_) | Source::Rest(_) => None,
        });
        sources.collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether both are the same SQL, run in the same way, with the same around it.
    pub fn are_same_sql(&self, other: &Self) -> Result<bool> {
        Ok(self.project() == other.project()
            && self.start()? == other.start()?
            && self.batches()?.0 == other.batches()?.0)
    }

    /// Where SQL is read from.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|source| match source {
            Source::Migrations(place)
            | Source::Applied(place, _)
            | Source::SqlFile(place)
            | Source::Snapshot(place) => Some(place.path()),
            Source::Database(_) | Source::Hosted(_) | Source::Rest(_) => None,
        })
    }

    /// The SQL that is replayed, in batches with how each is run, and what no tool would run.
    pub(crate) fn batches(&self) -> Result<(Vec<Batch>, Vec<Gap>)> {
        let (mut batches, mut gaps) = (Vec::new(), Vec::new());
        let start = self.start()?;
        let after_start = usize::from(start.is_some());
        for source in &self.0[after_start..] {
            match source {
                Source::Migrations(place) => {
                    let mut migrations = place.migrations()?;
                    if let Some(start) = &start {
                        migrations.go_on_after(start)?;
                    }
                    batches.extend(migrations.batches());
                    gaps.extend(migrations.gaps);
                }
                Source::Applied(_, applied) => batches.extend(applied.iter().cloned()),
                Source::SqlFile(place) => {
                    batches.push((place.file()?.into_iter().collect(), Atomicity::Statement));
                }
                Source::Database(_) | Source::Hosted(_) | Source::Rest(_) | Source::Snapshot(_) => {
                    return Err(invalid(
                        "only SQL can be replayed on top of something".to_owned(),
                    ));
                }
            }
        }
        Ok((batches, gaps))
    }

    /// The saved contract that the rest is replayed on, if there is one.
    pub fn start(&self) -> Result<Option<Start>> {
        match self.0.as_slice() {
            [Source::Snapshot(place), _, ..] => Start::read(place).map(Some),
            _ => Ok(None),
        }
    }

    /// A hash of whatever a contract made of them depends on, but for what makes it; none where that is no text.
    pub fn content(&self) -> Result<Option<String>> {
        let mut hasher = blake3::Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for source in &self.0 {
            match source {
                Source::Database(_) | Source::Hosted(_) | Source::Rest(_) => return Ok(None),
                Source::Snapshot(place) => match place.files.read(&place.path) {
                    Ok(bytes) => add(&bytes),
                    // Who reads it next says why it cannot be read.
                    Err(_) => return Ok(None),
                },
                Source::Migrations(_) | Source::Applied(..) | Source::SqlFile(_) => {}
            }
        }
        if !matches!(self.0.as_slice(), [Source::Snapshot(_)]) {
            let (batches, gaps) = self.batches()?;
            for (files, atomicity) in batches {
                add(format!("{atomicity:?} {}", files.len()).as_bytes());
                for file in files {
                    add(file.path.as_bytes());
                    add(file.text.as_bytes());
                }
            }
            add(format!("{gaps:?}").as_bytes());
        }
        Ok(Some(hasher.finalize().to_hex().to_string()))
    }

    /// The first directory of migrations.
    pub fn folder(&self) -> Option<&Place> {
        self.0.iter().find_map(|source| match source {
            Source::Migrations(place) | Source::Applied(place, _) => Some(place),
            Source::Database(_)
            | Source::Hosted(_)
            | Source::Rest(_)
            | Source::SqlFile(_)
            | Source::Snapshot(_) => None,
        })
    }

    /// The same, with the first directory's migrations as a database ran them.
    #[must_use]
    pub fn as_applied(&self, standing: &Standing) -> Self {
        self.running(standing.batches())
    }

    /// The same, with other files in place of the first directory's migrations.
    #[must_use]
    pub(crate) fn running(&self, batches: Vec<Batch>) -> Self {
        let batches = Arc::new(batches);
        let mut sources = self.0.clone();
        for source in &mut sources {
            if let Source::Migrations(place) = source {
                *source = Source::Applied(place.clone(), batches);
                break;
            }
        }
        Self(sources)
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
    match plain.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => plain.display().to_string(),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::SourceInvalid, message)
}
