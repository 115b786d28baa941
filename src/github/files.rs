//! Files of the repository at a commit that the checkout does not have: a clone of depth 1 knows no base.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::time::Instant;

use super::client::Client;
use super::environment::Environment;
use super::retry::Trouble;
use super::settings::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::source::{Kept, blob_id};

/// A folder with more entries is listed in part only (docs.github.com/rest/repos/contents).
const MOST_ENTRIES: usize = 1_000;

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    sha: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Contents {
    Folder(Vec<Entry>),
    File(File),
}

#[derive(Debug, Deserialize)]
struct File {
    content: Option<String>,
    encoding: Option<String>,
}

/// Reads folders or files at a commit, with the `config.toml` above each. Files that stand in the checkout
/// unchanged are taken from there; what is not there at all is left out.
///
/// Paths in the answer start where those asked for start.
pub async fn files_at(
    environment: &Environment,
    settings: &Settings,
    commit: &str,
    places: &[PathBuf],
) -> Result<Kept> {
    let failed = |trouble: &Trouble| {
        Error::new(
            ErrorCode::SourceInvalid,
            format!("the base of the change cannot be read from GitHub: {trouble}"),
        )
        .with_help("Check out with fetch-depth: 0, or give the token `contents: read`; `base: none` does without a base.")
    };
    let nonsense = |text: &str| Trouble::Nonsense(text.to_owned());
    let (Some(token), Some(repository)) = (&settings.token, &environment.repository) else {
        return Err(failed(&nonsense("there is no token or no repository")));
    };
    let patience = settings.patience;
    let client = Client::new(&environment.api_url, repository, token, patience)
        .map_err(|trouble| failed(&trouble))?;
    let mut reading = Reading {
        client: &client,
        environment,
        commit,
        deadline: Instant::now() + patience.step,
        files: Vec::new(),
    };
    for place in places {
        reading
            .read(place)
            .await
            .map_err(|trouble| failed(&trouble))?;
        // Above the root there is nothing to ask for.
        let above = place.parent().map(|above| above.join("config.toml"));
        let workspace = environment.workspace.as_deref().unwrap_or(Path::new(""));
        if let Some(above) = above.filter(|above| above.starts_with(workspace)) {
            reading
                .read(&above)
                .await
                .map_err(|trouble| failed(&trouble))?;
        }
    }
    Ok(Kept::new(reading.files))
}

struct Reading<'a> {
    client: &'a Client,
    environment: &'a Environment,
    commit: &'a str,
    deadline: Instant,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Reading<'_> {
    /// A folder with all below it, or a file.
    async fn read(&mut self, place: &Path) -> std::result::Result<(), Trouble> {
        let mut folders = vec![place.to_owned()];
        while let Some(folder) = folders.pop() {
            match self.contents(&folder).await? {
                None => {}
                Some(Contents::File(file)) => self.keep(folder, &file)?,
                Some(Contents::Folder(entries)) if entries.len() >= MOST_ENTRIES => {
                    return Err(Trouble::Nonsense(format!(
                        "{} has {MOST_ENTRIES} entries or more, and GitHub lists no more than that",
                        folder.display()
                    )));
                }
                Some(Contents::Folder(entries)) => {
                    for entry in entries {
                        let path = folder.join(&entry.name);
                        match entry.kind.as_str() {
                            "dir" => folders.push(path),
                            "file" if is_wanted(&entry.name) => self.file(path, &entry.sha).await?,
                            _ => {}
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn file(&mut self, path: PathBuf, sha: &str) -> std::result::Result<(), Trouble> {
        if let Some(bytes) = in_checkout(&path, sha) {
            self.files.push((path, bytes));
            return Ok(());
        }
        match self.contents(&path).await? {
            Some(Contents::File(file)) => self.keep(path, &file),
            Some(Contents::Folder(_)) | None => Err(Trouble::Nonsense(format!(
                "{} is listed and cannot be read",
                path.display()
            ))),
        }
    }

    fn keep(&mut self, path: PathBuf, file: &File) -> std::result::Result<(), Trouble> {
        let encoded = file.content.as_deref().unwrap_or_default();
        let plain: String = encoded.split_whitespace().collect();
        let bytes = STANDARD.decode(plain).ok();
        let bytes = bytes.filter(|_| file.encoding.as_deref() == Some("base64"));
        // Above 1 MB GitHub gives no content here: that must not read as an empty file.
        let bytes = bytes.ok_or_else(|| {
            Trouble::Nonsense(format!(
                "{} is too large to be read that way",
                path.display()
            ))
        })?;
        self.files.push((path, bytes));
        Ok(())
    }

    async fn contents(&self, path: &Path) -> std::result::Result<Option<Contents>, Trouble> {
        let inside = self.environment.path_in_repository(path);
        let inside = inside.to_string_lossy();
        let inside = utf8_percent_encode(inside.trim_matches('/'), IN_PATH);
        let request = format!("/contents/{inside}?ref={}", self.commit);
        match self.client.get(&request, self.deadline).await {
            Ok(contents) => Ok(Some(contents)),
            Err(Trouble::Refused { status: 404, .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }
}

fn is_wanted(name: &str) -> bool {
    [".sql", ".json", ".toml"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// The checkout's file, when it is the same one.
fn in_checkout(path: &Path, sha: &str) -> Option<Vec<u8>> {
    let bytes: io::Result<Vec<u8>> = std::fs::read(path);
    bytes.ok().filter(|bytes| blob_id(bytes) == sha)
}
