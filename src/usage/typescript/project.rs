//! Which file an import means.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::packages::Package;

const EXTENSIONS: &[&str] = &[
    "ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs", "vue", "svelte",
];

/// Files of a project by what imports may call them.
#[derive(Debug, Default)]
pub(super) struct Files {
    by_path: BTreeMap<PathBuf, usize>,
    /// By the last part of their name without its ending, for names that begin with an alias.
    by_stem: BTreeMap<String, Vec<(PathBuf, usize)>>,
    packages: Vec<Package>,
}

impl Files {
    pub(super) fn of<'p>(paths: impl Iterator<Item = &'p Path>, packages: Vec<Package>) -> Self {
        let mut files = Self {
            packages,
            ..Self::default()
        };
        for (at, path) in paths.enumerate() {
            let path = clean(path);
            let named = importable(&path);
            if let Some(stem) = named.file_name().and_then(|name| name.to_str()) {
                let same = files.by_stem.entry(stem.to_owned()).or_default();
                same.push((named.clone(), at));
            }
            files.by_path.insert(path, at);
        }
        files
    }

    /// The file that an import in another one means.
    pub(super) fn find(&self, from: &Path, source: &str) -> Option<usize> {
        let source = source.split('?').next().unwrap_or(source);
        if source.starts_with('.') {
            let base = from.parent().unwrap_or(Path::new(""));
            return self.exactly(&clean(&base.join(source)));
        }
        // A package of the workspace.
        let named = self.packages.iter().find_map(|package| {
            let mut candidates = package.files_of(source)?.into_iter();
            candidates.find_map(|path| self.exactly(&clean(&path)))
        });
        if named.is_some() {
            return named;
        }
        // `$db`, `#server/x`: a folder of that name.
        if let Some(named) = source.strip_prefix(['$', '#']) {
            let found = self.by_suffix(from, Path::new(named), false);
            if found.is_some() {
                return found;
            }
        }
        // `@/lib/x`, `~/x`, `$lib/x`, `#imports/x`, `src/lib/x`: what an alias stands for is found by the rest.
        let rest = match source.split_once('/') {
            Some((alias, rest)) if is_alias(alias) => rest,
            Some(_) => source.trim_start_matches(['@', '~']),
            // `@db`, `~db`: what else has no slash is a package.
            None => source.strip_prefix(['@', '~'])?,
        };
        self.by_suffix(from, Path::new(rest), source.starts_with("$lib"))
    }

    fn exactly(&self, path: &Path) -> Option<usize> {
        if let Some(found) = self.by_path.get(path) {
            return Some(*found);
        }
        let text = path.to_str()?;
        // `./client.js` is how TypeScript spells an import of client.ts.
        let stem = [".js", ".jsx", ".mjs", ".cjs"]
            .iter()
            .find_map(|ending| text.strip_suffix(ending));
        let stems = stem.into_iter().chain([text]);
        stems.into_iter().find_map(|stem| {
            EXTENSIONS.iter().find_map(|extension| {
                let file = PathBuf::from(format!("{stem}.{extension}"));
                let index = Path::new(stem).join(format!("index.{extension}"));
                self.by_path
                    .get(&file)
                    .or_else(|| self.by_path.get(&index))
                    .copied()
            })
        })
    }

    /// The file whose path ends so; of several the one that shares most folders with who imports it.
    fn by_suffix(&self, from: &Path, rest: &Path, is_lib: bool) -> Option<usize> {
        let rest = importable(rest);
        let last = rest.file_name()?.to_str()?;
        let fitting = self.by_stem.get(last)?.iter().filter(|(path, _)| {
            path.ends_with(&rest) && (!is_lib || path.ends_with(Path::new("lib").join(&rest)))
        });
        let shared = |path: &Path| {
            let from = clean(from);
            let pairs = path.components().zip(from.components());
            pairs.take_while(|(a, b)| a == b).count()
        };
        let best = fitting
            .max_by_key(|(path, _)| (shared(path), std::cmp::Reverse(path.components().count())));
        best.map(|(_, at)| *at)
    }
}

fn is_alias(word: &str) -> bool {
    matches!(
        word,
        "@" | "~" | "$lib" | "#" | "~~" | "@@" | "$" | "@app" | "@lib" | "@src" | "#lib" | "#app"
    )
}

/// Without its ending, and for an index the folder.
fn importable(path: &Path) -> PathBuf {
    let known = path
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension));
    let bare = match known {
        true => path.with_extension(""),
        false => path.to_owned(),
    };
    match bare.file_name().is_some_and(|name| name == "index") {
        true => bare.parent().map(Path::to_owned).unwrap_or_default(),
        false => bare,
    }
}

fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_with_and_without_aliases() {
        let paths = [
            "web/src/lib/client.ts",
            "web/src/lib/names/index.ts",
            "api/lib/client.ts",
        ];
        let files = Files::of(paths.iter().map(Path::new), Vec::new());
        let from = Path::new("web/src/app/page.tsx");
        assert_eq!(files.find(from, "../lib/client"), Some(0));
        assert_eq!(files.find(from, "../lib/client.js"), Some(0));
        assert_eq!(files.find(from, "../lib/names"), Some(1));
        assert_eq!(files.find(from, "@/lib/client"), Some(0));
        assert_eq!(
            files.find(Path::new("api/main.ts"), "@/lib/client"),
            Some(2)
        );
        assert_eq!(files.find(from, "~lib/client"), Some(0));
        assert_eq!(files.find(from, "@names"), Some(1));
        assert_eq!(files.find(from, "react"), None);
        assert_eq!(files.find(from, "@supabase/supabase-js"), None);
    }
}
