//! `pgpact usage`: code held to a contract, and the readers of its languages.

mod change;
mod hardy;
mod junk;
mod large;
mod market;
mod mobile;
pub(crate) mod mutations;
mod python;
mod said;
mod shop;
mod sql;
mod workspace;

use pgpact::usage::files::Source;

/// Files by path and text.
fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    files
        .iter()
        .map(|(path, text)| Source {
            path: path.into(),
            text: (*text).to_owned(),
        })
        .collect()
}
