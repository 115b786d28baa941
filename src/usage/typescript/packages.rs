//! Packages of a workspace: what others import by their names.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::usage::files::Source;

/// A package by its manifest.
#[derive(Debug)]
pub(super) struct Package {
    name: String,
    folder: PathBuf,
    /// Files that the manifest names for the package itself, relative to its folder.
    main: Vec<String>,
    exports: Value,
}

/// What is read of a `package.json`.
#[derive(Deserialize)]
struct Manifest {
    name: String,
    source: Option<String>,
    types: Option<String>,
    module: Option<String>,
    main: Option<String>,
    #[serde(default)]
    exports: Value,
}

/// Packages by their manifests; one without a name is nobody's import.
pub(super) fn read(manifests: &[Source]) -> Vec<Package> {
    let mut packages: Vec<Package> = manifests
        .iter()
        .filter_map(|source| {
            let manifest: Manifest = serde_json::from_str(&source.text).ok()?;
            let main = [
                manifest.source,
                manifest.types,
                manifest.module,
                manifest.main,
            ];
            Some(Package {
                name: manifest.name,
                folder: source.path.parent()?.to_owned(),
                main: main.into_iter().flatten().collect(),
                exports: manifest.exports,
            })
        })
        .collect();
    // `@acme/db-admin` is no part of `@acme/db`, and `@acme/db/x` of the longest name that fits.
    packages.sort_by_key(|package| std::cmp::Reverse(package.name.len()));
    packages
}

impl Package {
    /// Files that an import may mean, the likeliest first; none where it is of another package.
    ///
    /// What is built is not among the sources, so that of several names the one of the source is found.
    pub(super) fn files_of(&self, import: &str) -> Option<Vec<PathBuf>> {
        let rest = import.strip_prefix(&self.name)?;
        let part = match rest.strip_prefix('/') {
            Some(part) => part,
            None if rest.is_empty() => "",
            None => return None,
        };
        let exported = match part.is_empty() {
            true => self.exports.get(".").unwrap_or(&self.exports),
            false => &self.exports[&format!("./{part}")],
        };
        let mut files = Vec::new();
        named(exported, &mut files);
        if part.is_empty() {
            files.extend(self.main.iter().cloned());
        }
        files.extend([format!("src/{part}"), part.to_owned()]);
        Some(
            files
                .into_iter()
                .map(|file| self.folder.join(file))
                .collect(),
        )
    }
}

/// The files of an entry of `exports`: one, or one for each condition.
fn named(entry: &Value, files: &mut Vec<String>) {
    match entry {
        Value::String(file) => files.push(file.clone()),
        Value::Object(conditions) => {
            let files_of = conditions.iter().filter(|(name, _)| !name.starts_with('.'));
            files_of.for_each(|(_, entry)| named(entry, files));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(manifest: &str, import: &str) -> Option<Vec<String>> {
        let source = Source {
            path: "packages/db/package.json".into(),
            text: manifest.to_owned(),
        };
        let found = read(&[source]).first()?.files_of(import)?;
        let shown = found.iter().map(|path| path.display().to_string());
        Some(shown.collect())
    }

    #[test]
    fn an_import_means_what_the_manifest_says_or_what_is_usual() {
        let plain = r#"{"name": "@acme/db"}"#;
        let usual = ["packages/db/src/", "packages/db/"].map(str::to_owned);
        assert_eq!(files(plain, "@acme/db").unwrap(), usual);
        assert_eq!(files(plain, "@acme/db/x").unwrap()[0], "packages/db/src/x");
        assert_eq!(files(plain, "@acme/db-admin"), None);
        let exports =
            r#"{"name": "db", "exports": {".": {"types": "./lib/a.ts"}, "./b": "./lib/b.ts"}}"#;
        assert_eq!(files(exports, "db").unwrap()[0], "packages/db/./lib/a.ts");
        assert_eq!(files(exports, "db/b").unwrap()[0], "packages/db/./lib/b.ts");
        assert_eq!(files("{", "db"), None);
    }
}
