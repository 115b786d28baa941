//! Holds the tree to ARCHITECTURE.md: layers, where class names may stand, and how long files may be.

use std::fs;
use std::path::{Path, PathBuf};

use pgpact::classes::Class;

use crate::support::repository;

/// Layers from left to right: one may name itself and what stands left of it.
const LAYERS: &[&[&str]] = &[
    &["error", "progress", "web"],
    &["contract", "sql"],
    &["classes"],
    &["inspect", "findings", "plan"],
    &["scratch"],
    &["access", "apply", "prove"],
    &["smoke", "usage"],
    &["source"],
    &["report"],
    &["config", "github", "serve"],
    &["app"],
    &["cli"],
    &["main", "lib"],
];

/// Where a database is spoken to.
const SPEAKS_SQL: &[&str] = &["access", "apply", "inspect", "scratch", "smoke"];

fn sources() -> Vec<(PathBuf, String, String)> {
    let root = repository("src");
    let pattern = root.join("**/*.rs");
    let files = glob::glob(pattern.to_str().unwrap())
        .unwrap()
        .map(Result::unwrap);
    files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let module = module_of(path.strip_prefix(&root).unwrap());
            (path, module, text)
        })
        .collect()
}

fn module_of(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn rank(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("src/{module} belongs to no layer: name it in tests/boundaries.rs and ARCHITECTURE.md"))
}

/// Modules that a text names through `crate::`, braces included.
fn named_modules(text: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(inside) => inside.split('}').next().unwrap_or_default(),
            None => rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default(),
        };
        let names = list.split(',').map(|name| {
            name.trim()
                .split("::")
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        modules.extend(names.filter(|name| !name.is_empty()));
    }
    modules
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn a_layer_names_only_layers_to_its_left() {
    let files = sources();
    assert!(files.len() > 50, "only {} files were read", files.len());
    let mut wrong = Vec::new();
    for (path, module, text) in &files {
        for named in named_modules(without_tests(text)) {
            let is_peer = named != *module && rank(&named) == rank(module);
            if rank(&named) > rank(module) || is_peer {
                wrong.push(format!("{} names {named}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_is_spoken_and_http_is_used_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for (path, module, text) in &sources() {
        let text = without_tests(text);
        if text.contains("sqlx::") && !SPEAKS_SQL.contains(&module.as_str()) {
            wrong.push(format!("{} names sqlx", path.display()));
        }
        if text.contains("octocrab") && module != "github" {
            wrong.push(format!("{} names octocrab", path.display()));
        }
        if text.contains("hyper::") && !["smoke", "web"].contains(&module.as_str()) {
            wrong.push(format!("{} names hyper", path.display()));
        }
        if text.contains("std::io::stdout") && module != "main" {
            wrong.push(format!("{} prints", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn class_names_stand_in_their_folders_only() {
    // Words that are also something else in a sentence or an interface are left out.
    let common = [
        "schema",
        "column",
        "default",
        "index",
        "function",
        "table",
        "view",
        "comment",
        "owner",
        "type",
        "role",
        "extension",
    ];
    let mut wrong = Vec::new();
    for (path, module, text) in &sources() {
        // The list of reserved words holds some of them.
        let is_reader = ["typescript", "python", "mobile", "sql"]
            .iter()
            .any(|language| path.starts_with(repository("src/usage").join(language)));
        // Languages and their clients have words of their own: `enum`, `range`, `cast`.
        if module == "classes" || module == "sql" || is_reader {
            continue;
        }
        for class in Class::ALL
            .iter()
            .filter(|class| !common.contains(&class.name))
        {
            if without_tests(text).contains(&format!("\"{}\"", class.name)) {
                wrong.push(format!("{} types {:?}", path.display(), class.name));
            }
        }
    }
    for core in ["src/contract", "src/findings"] {
        let pattern = repository(core).join("*.rs");
        for path in glob::glob(pattern.to_str().unwrap())
            .unwrap()
            .map(Result::unwrap)
        {
            let text = fs::read_to_string(&path).unwrap();
            for class in Class::ALL {
                if without_tests(&text).contains(&format!("\"{}\"", class.name)) {
                    wrong.push(format!("{} types {:?}", path.display(), class.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_one_idea_and_functions_short() {
    let mut wrong = Vec::new();
    for (path, _, text) in &sources() {
        let code = without_tests(text);
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//") && !line.trim().is_empty())
            .count();
        if lines > 500 {
            wrong.push(format!("{}: {lines} lines of code", path.display()));
        }
        for (name, length) in functions(code) {
            if length > 60 {
                wrong.push(format!("{}: {name} has {length} lines", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Functions with their lengths, by the indentation that rustfmt gives their closing brace.
fn functions(code: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let is_function = trimmed.contains("fn ")
            && !trimmed.starts_with("//")
            && !trimmed.contains("fn(")
            && !trimmed.starts_with('*');
        if !is_function || !line.trim_end().ends_with(['{', '(']) {
            continue;
        }
        let indentation = line.len() - trimmed.len();
        let closing = format!("{}}}", " ".repeat(indentation));
        let length = lines[start..].iter().position(|line| *line == closing);
        found.push((trimmed.to_owned(), length.map_or(0, |length| length + 1)));
    }
    found
}

#[test]
fn no_tree_names_this_machine() {
    let mut wrong = Vec::new();
    for pattern in [
        "src/**/*.rs",
        "src/**/*.sql",
        "docs/**/*.md",
        "fixtures/**/*.sql",
        "*.md",
        "tests/**/*.rs",
    ] {
        let pattern = repository(pattern);
        for path in glob::glob(pattern.to_str().unwrap())
            .unwrap()
            .map(Result::unwrap)
        {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let home = Path::new(env!("CARGO_MANIFEST_DIR")).to_str().unwrap();
            if text.contains(home) {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
