//! How the file of a plan is named among migrations.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorCode, Result};
use crate::scratch::Atomicity;
use crate::source::Place;

/// The next file's name in a directory of migrations: a time where the others have one, else the next number.
pub(in crate::cli) fn next_in(folder: &Path) -> Result<PathBuf> {
    let unreadable = |source| {
        Error::new(
            ErrorCode::ReportFailed,
            format!("cannot read {}", folder.display()),
        )
        .with_source(source)
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?.flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    let last = names.iter().max().map_or("", String::as_str);
    let letter = last.strip_prefix('V').map_or("", |_| "V");
    let digits: String = last[letter.len()..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let separator = if letter.is_empty() { "_" } else { "__" };
    let version = match digits.len() {
        0 | 14 => jiff::Zoned::now()
            .with_time_zone(jiff::tz::TimeZone::UTC)
            .strftime("%Y%m%d%H%M%S")
            .to_string(),
        length => {
            let number: u64 = digits.parse().unwrap_or_default();
            format!("{:0length$}", number + 1)
        }
    };
    Ok(folder.join(format!("{letter}{version}{separator}reconcile.sql")))
}

/// Whether the tool of a directory of migrations runs each file in a transaction.
pub(in crate::cli) fn is_run_in_transactions(folder: &Path) -> bool {
    let migrations = Place::on_disk(folder).migrations();
    migrations.is_ok_and(|migrations| {
        let mut all = migrations.all.iter();
        all.any(|migration| migration.atomicity == Atomicity::File)
    })
}
