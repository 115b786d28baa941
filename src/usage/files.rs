//! Which files are read, and by which reader.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use rayon::prelude::*;

use super::code::{File, Skipped};
use super::search::{Code, Search};
use super::{mobile, python, sql, typescript};
use crate::error::{Error, ErrorCode, Result};

/// A file of application code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to where the search began, with `/`.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// Folders that hold packages and what builds leave.
const FOREIGN: &[&str] = &[
    "node_modules",
    "dist",
    "build",
    "out",
    "target",
    "vendor",
    "coverage",
    "__pycache__",
    "site-packages",
    "venv",
    "Pods",
    "DerivedData",
    "bower_components",
    "storybook-static",
];

/// Nobody writes a file of more bytes by hand.
const LARGEST: u64 = 1_000_000;

/// A line of more characters is written by a program.
const LONGEST_LINE: usize = 20_000;

/// What is nested deeper is no code that anybody wrote, and parsers go down as deep.
const DEEPEST: usize = 400;

/// Parsers go down into what they read, and some of it needs no bracket to go deeper: a byte of a file costs them
/// less than a third of this many bytes of stack.
const STACK_OF_BYTE: usize = 2 << 10;

/// Files of up to this many bytes are read side by side; the stacks that larger ones need are made one at a time.
const SMALL: usize = 64 << 10;

/// Reads all code that a search finds; files belong together, so that names are followed through imports.
///
/// # Errors
/// When a path does not exist, or a glob cannot be read.
pub fn read(search: &Search) -> Result<Code> {
    let overrides = overrides(search)?;
    let mut paths = Vec::new();
    for root in &search.paths {
        if !root.exists() {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("there is no file or folder {}", root.display()),
            )
            .with_help("Name files or folders with code, relative to the working folder."));
        }
        walk(root, search, &overrides, &mut paths);
    }
    paths.sort();
    paths.dedup();
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(SMALL * STACK_OF_BYTE)
        .build()
        .map_err(|error| {
            Error::new(ErrorCode::NothingToTry, "no threads to read code with").with_source(error)
        })?;
    Ok(pool.install(|| read_all(&paths)))
}

fn overrides(search: &Search) -> Result<Override> {
    let mut builder = OverrideBuilder::new("");
    let excluded = search.exclude.iter().map(|glob| format!("!{glob}"));
    for glob in search.include.iter().cloned().chain(excluded) {
        builder.add(&glob).map_err(|error| {
            Error::new(ErrorCode::ConfigInvalid, format!("glob {glob:?}: {error}"))
                .with_help("Globs are spelled as in .gitignore, e.g. 'src/**/*.ts'.")
        })?;
    }
    builder.build().map_err(|error| {
        Error::new(ErrorCode::ConfigInvalid, "globs cannot be used").with_source(error)
    })
}

fn walk(root: &Path, search: &Search, overrides: &Override, paths: &mut Vec<PathBuf>) {
    let contract: Vec<PathBuf> = search
        .contract
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    let named = root.to_owned();
    let is_ours = move |entry: &ignore::DirEntry| {
        let path = entry.path();
        let name = entry.file_name().to_str().unwrap_or_default();
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let is_foreign = is_folder && FOREIGN.contains(&name) && path != named;
        let is_contract = is_folder
            && !contract.is_empty()
            && path
                .canonicalize()
                .is_ok_and(|path| contract.contains(&path));
        !is_foreign && !is_contract
    };
    let entries = WalkBuilder::new(root)
        .overrides(overrides.clone())
        .require_git(false)
        .filter_entry(is_ours)
        .build();
    let files = entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    paths.extend(
        files
            .map(ignore::DirEntry::into_path)
            .filter(|path| language(path).is_some() || is_manifest(path))
            .filter(|path| !search.include.is_empty() || path == root || !is_test(path)),
    );
}

/// Tests talk to stand-ins as often as to a database, so they are read where somebody asks for them by a glob.
fn is_test(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_named = [".test.", ".spec.", ".stories.", ".mock.", "_test."]
        .iter()
        .any(|word| name.contains(word));
    let is_python = name.ends_with(".py") && (name.starts_with("test_") || name == "conftest.py");
    is_named
        || is_python
        || path.components().any(|part| {
            matches!(
                part.as_os_str().to_str(),
                Some("__tests__" | "__mocks__" | "__fixtures__")
            )
        })
}

/// Who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Language {
    Script,
    Python,
    /// Files of it, and of Rust, which has it in macros.
    Sql,
    /// Dart, Swift and Kotlin.
    Mobile,
}

fn language(path: &Path) -> Option<Language> {
    let extension = path.extension()?.to_str()?;
    if typescript::EXTENSIONS.contains(&extension) {
        return Some(Language::Script);
    }
    match extension {
        "py" => Some(Language::Python),
        "sql" | "rs" => Some(Language::Sql),
        "dart" | "swift" | "kt" => Some(Language::Mobile),
        _ => None,
    }
}

/// What a package is called stands there; one that cannot be read names none.
fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "package.json")
}

fn read_all(paths: &[PathBuf]) -> Code {
    let (manifests, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| is_manifest(path));
    let manifests = manifests.into_iter().filter_map(|path| open(path).ok());
    let manifests: Vec<Source> = manifests.collect();
    let opened: Vec<std::result::Result<Source, Skipped>> =
        paths.par_iter().map(|path| open(path)).collect();
    let mut code = Code::default();
    let mut sources: Vec<Source> = Vec::new();
    for one in opened {
        match one {
            Ok(source) => sources.push(source),
            Err(skipped) => code.skipped.push(skipped),
        }
    }
    code.read = sources.len();
    let scripts = |mine: &[Source]| typescript::read(mine, &manifests);
    let readers: [(Language, Reader<'_>); 4] = [
        (Language::Script, &scripts),
        (Language::Python, &python::read),
        (Language::Sql, &sql::read),
        (Language::Mobile, &mobile::read),
    ];
    for (of, reader) in readers {
        let (mine, others): (Vec<Source>, Vec<Source>) = sources
            .into_iter()
            .partition(|source| language(&source.path) == Some(of));
        sources = others;
        let (files, skipped) = reader(&mine);
        code.read -= skipped.len();
        code.files.extend(files);
        code.skipped.extend(skipped);
    }
    code.files.sort_by(|a, b| a.path.cmp(&b.path));
    code.skipped.sort();
    code
}

type Reader<'a> = &'a dyn Fn(&[Source]) -> (Vec<File>, Vec<Skipped>);

fn open(path: &Path) -> std::result::Result<Source, Skipped> {
    let shown = path.strip_prefix("./").unwrap_or(path).to_owned();
    let skipped = |why: &str, is_fault: bool| Skipped {
        path: shown.clone(),
        why: why.to_owned(),
        is_fault,
    };
    let size = path
        .metadata()
        .map_err(|error| skipped(&error.to_string(), true))?;
    if size.len() > LARGEST {
        return Err(skipped("it is larger than anybody writes by hand", false));
    }
    let bytes = std::fs::read(path).map_err(|error| skipped(&error.to_string(), true))?;
    if bytes.contains(&0) {
        return Err(skipped("it is no text", false));
    }
    let text = String::from_utf8(bytes).map_err(|_| skipped("it is no text in UTF-8", true))?;
    if is_generated(path, &text) {
        return Err(skipped("it is generated or minified", false));
    }
    if nesting(&text) > DEEPEST {
        return Err(skipped(
            "it is nested deeper than anybody writes by hand",
            false,
        ));
    }
    Ok(Source { path: shown, text })
}

fn is_generated(path: &Path, text: &str) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    // Types of a database are generated, and compared for just that.
    if text.contains("Tables: {") && text.contains("Row: {") {
        return false;
    }
    if name.contains(".min.") || name.ends_with(".bundle.js") {
        return true;
    }
    let head: Vec<&str> = text.lines().take(5).collect();
    let says_so = head.iter().any(|line| {
        line.contains("@generated")
            || line.contains("DO NOT EDIT")
            || line.contains("DO NOT MODIFY")
            || line.contains("Do not edit")
    });
    says_so || text.lines().any(|line| line.len() > LONGEST_LINE)
}

/// How deep brackets are nested at most, whatever they stand in.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A reader that fails on one file, or goes deep into it, does so on that one alone.
pub(super) fn guarded<T: Send>(
    text: &str,
    read: impl FnOnce() -> std::result::Result<T, String> + Send,
) -> std::result::Result<T, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if text.len() <= SMALL {
        return survived(read);
    }
    let _turn = ONE_AT_A_TIME.lock();
    let stack = text.len() * STACK_OF_BYTE;
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(stack);
        let reader = reader
            .spawn_scoped(scope, || survived(read))
            .map_err(|error| format!("there is no memory to read it with: {error}"))?;
        reader.join().unwrap_or_else(|_| Err(FAULT.to_owned()))
    })
}

const FAULT: &str = "the reader failed on it, which is a fault of pgpact";

/// What a reader gives, or that it failed.
pub(super) fn survived<T>(
    read: impl FnOnce() -> std::result::Result<T, String>,
) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(FAULT.to_owned()))
}
