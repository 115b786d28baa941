//! Reads TypeScript and JavaScript: each file alone into names and calls, then names through all files.

mod blocks;
mod chains;
mod classes;
mod clients;
mod declared;
mod eval;
mod expr;
mod generated;
mod lines;
mod lists;
mod loops;
mod lower;
mod names;
mod packages;
mod project;
mod results;
mod scan;
mod syntax;
mod types;
mod values;

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast_visit::Visit as _;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use rayon::prelude::*;

use self::expr::Module;
use self::lines::Lines;
use super::code::{File, Skipped};
use super::files::Source;

/// Endings of files that this reads.
pub(super) const EXTENSIONS: &[&str] = &[
    "ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs", "vue", "svelte", "astro",
];

/// Reads files that belong together; `manifests` are the `package.json` among them.
pub fn read(sources: &[Source], manifests: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    let parsed: Vec<Result<Module, String>> = sources
        .par_iter()
        .map(|source| super::files::guarded(&source.text, || module(source)))
        .collect();
    let (mut paths, mut modules, mut skipped): (Vec<&Path>, _, _) =
        (Vec::new(), Vec::new(), Vec::new());
    for (source, parsed) in sources.iter().zip(parsed) {
        match parsed {
            Ok(module) => {
                paths.push(&source.path);
                modules.push(module);
            }
            Err(why) => skipped.push(Skipped {
                path: source.path.clone(),
                why,
                is_fault: true,
            }),
        }
    }
    let packages = packages::read(manifests);
    let mut project = eval::Project::new(paths, modules, packages);
    let chains = chains::all(&project);
    let modules = std::mem::take(&mut project.modules);
    let files = modules.into_iter().zip(chains).enumerate();
    let mut read = Vec::new();
    for (at, (module, chains)) in files {
        let path = project.paths[at].to_owned();
        let chains = match chains {
            Ok(chains) => chains,
            Err(why) => {
                skipped.push(Skipped {
                    path,
                    why,
                    is_fault: true,
                });
                continue;
            }
        };
        let mut file = File {
            path,
            chains,
            queries: module.queries,
            typed: module.typed,
            generated: module.generated,
        };
        if module.is_of_browser {
            chains::of_browser(&mut file);
        }
        read.push(file);
    }
    (read, skipped)
}

fn module(source: &Source) -> Result<Module, String> {
    let extension = source
        .path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let is_component = matches!(extension, "vue" | "svelte" | "astro");
    let scripts = is_component.then(|| blocks::scripts(&source.text, extension));
    let text = scripts.as_deref().unwrap_or(&source.text);
    let allocator = Allocator::default();
    let kinds = kinds(extension);
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let mut first = None;
    for kind in kinds {
        let parsed = Parser::new(&allocator, text, *kind)
            .with_options(options)
            .parse();
        if parsed.panicked || parsed.diagnostics.iter().next().is_some() {
            let why = parsed.diagnostics.iter().next().map(ToString::to_string);
            first.get_or_insert(why.unwrap_or_else(|| "it does not parse".to_owned()));
            continue;
        }
        let lines = Lines::of(text);
        let mut scan = scan::Scan::new(text, &lines);
        scan.visit_program(&parsed.program);
        let mut module = scan.finish();
        module.text = text.to_owned();
        module.is_of_browser |= matches!(extension, "vue" | "svelte");
        return Ok(module);
    }
    Err(first.unwrap_or_default())
}

/// What a file may be, the likeliest first: plain JavaScript is often written with JSX, or with Flow's types.
fn kinds(extension: &str) -> &'static [SourceType] {
    const TS: SourceType = SourceType::ts();
    const TSX: SourceType = SourceType::tsx();
    match extension {
        "ts" | "mts" | "cts" | "vue" | "svelte" | "astro" => &[TS, TSX],
        _ => &[TSX, TS],
    }
}
