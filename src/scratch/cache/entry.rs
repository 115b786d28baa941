//! A file of the cache: whole, of the key it is asked for under, or not used.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Reads what was kept; the error says what is wrong with it.
pub(super) fn read(path: &Path, key: &str) -> Option<Result<Vec<u8>, &'static str>> {
    let bytes = fs::read(path).ok()?;
    Some(unpack(bytes, key))
}

fn unpack(mut bytes: Vec<u8>, key: &str) -> Result<Vec<u8>, &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let body = bytes.split_off(end.ok_or("it does not begin as an entry does")? + 1);
    let head = std::str::from_utf8(&bytes).map_err(|_| "it does not begin as an entry does")?;
    let (of, hash) = head.trim_end().split_once(' ').unwrap_or_default();
    if of != key {
        return Err("it is another history's");
    }
    if hash != blake3::hash(&body).to_hex().as_str() {
        return Err("it is not what was written");
    }
    Ok(body)
}

/// Writes an entry: whole, or not at all.
pub(super) fn write(folder: &Path, path: &Path, key: &str, body: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)?;
    writeln!(file, "{key} {}", blake3::hash(body).to_hex())?;
    file.write_all(body)?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}
