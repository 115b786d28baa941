pub(crate) mod binary;
pub(crate) mod branches;
pub(crate) mod drifted;
pub(crate) mod github;
pub(crate) mod management;
pub(crate) mod openapi;
pub(crate) mod own;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod releases;
pub(crate) mod reports;
pub(crate) mod rest;
pub(crate) mod tidy;

use std::path::{Path, PathBuf};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
