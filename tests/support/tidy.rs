//! What a run leaves behind in a folder for temporary files of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A folder for temporary files that the server's user may enter, with a short path.
pub(crate) fn temporary() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("pgt-")
        .tempdir_in("/tmp")
        .unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Files in the folder, and processes that name it.
pub(crate) fn left_behind(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let mut left: Vec<String> = files
        .map(|entry| entry.path().display().to_string())
        .collect();
    left.extend(processes(folder).into_iter().map(|(_, command)| command));
    left
}

/// Processes whose command line names the folder: number and command line.
pub(crate) fn processes(folder: &Path) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(folder.to_str().unwrap()) {
            found.push((pid, command));
        }
    }
    found
}
