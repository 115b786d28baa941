//! `[usage]` of the configuration.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::Place;
use crate::error::Result;

/// What `[usage]` says, checked.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Files and folders with code; where there are any, `verify` looks at them as well.
    pub paths: Vec<PathBuf>,
    /// Globs of files to read.
    pub include: Vec<String>,
    /// Globs of files and folders to leave out.
    pub exclude: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUsage {
    #[serde(default)]
    paths: Vec<PathBuf>,
    #[serde(default)]
    include: Vec<Spanned<String>>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
}

impl RawUsage {
    pub(super) fn checked(self, place: &Place<'_>) -> Result<Usage> {
        let globs = |list: Vec<Spanned<String>>| -> Result<Vec<String>> {
            let checked = list.into_iter().map(|one| {
                glob::Pattern::new(one.get_ref()).map_err(|error| {
                    let message = format!("glob {:?}: {}", one.get_ref(), error.msg);
                    place.error(one.span().start, &message)
                })?;
                Ok(one.into_inner())
            });
            checked.collect()
        };
        Ok(Usage {
            paths: self.paths,
            include: globs(self.include)?,
            exclude: globs(self.exclude)?,
        })
    }
}
