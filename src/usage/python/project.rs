//! Modules with the names they bind, and how one finds another.

use std::collections::BTreeMap;
use std::path::Path;

use ruff_python_ast::{
    Expr, Identifier, Stmt, StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom,
};
use ruff_text_size::TextSize;

use crate::usage::code::Place;

/// What a module binds a name to.
#[derive(Clone, Copy)]
pub(super) enum Binding<'a> {
    Expr(&'a Expr),
    /// A name with a type and no value.
    Typed(&'a Expr),
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
    /// `from module import name`: the module if any, how many levels up, and the name there.
    From(Option<&'a str>, u32, &'a str),
    /// `import a.b as c`, with all of its path, or `import a.b`, which binds `a`.
    Import(&'a str),
    /// Bound by something that has no value to look at.
    Opaque,
}

pub(super) struct Module<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    pub(super) body: &'a [Stmt],
    pub(super) names: BTreeMap<&'a str, Vec<Binding<'a>>>,
    /// Modules whose names are all imported: module, levels.
    pub(super) stars: Vec<(Option<&'a str>, u32)>,
    lines: Vec<usize>,
}

impl<'a> Module<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str, body: &'a [Stmt]) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut module = Self {
            path,
            text,
            body,
            names: BTreeMap::new(),
            stars: Vec::new(),
            lines: std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect(),
        };
        module.bind_all(body, 0);
        module
    }

    pub(super) fn place(&self, at: TextSize) -> Place {
        let at = at.to_usize().min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let before = self
            .text
            .get(self.lines[line - 1]..at)
            .map_or(0, |text| text.chars().count());
        Place {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before + 1).unwrap_or(u32::MAX),
        }
    }

    fn bind(&mut self, name: &'a str, binding: Binding<'a>) {
        self.names.entry(name).or_default().push(binding);
    }

    fn bind_all(&mut self, body: &'a [Stmt], depth: usize) {
        if depth > 20 {
            return;
        }
        for statement in body {
            match statement {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.bind_target(target, &assign.value);
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Expr::Name(name) = &*assign.target {
                        let binding = assign
                            .value
                            .as_deref()
                            .map_or(Binding::Typed(&assign.annotation), Binding::Expr);
                        self.bind(name.id.as_str(), binding);
                    }
                }
                Stmt::AugAssign(assign) => {
                    if let Expr::Name(name) = &*assign.target {
                        self.bind(name.id.as_str(), Binding::Opaque);
                    }
                }
                Stmt::FunctionDef(function) => {
                    self.bind(function.name.as_str(), Binding::Function(function));
                    self.bind_globals(&function.body);
                }
                Stmt::ClassDef(class) => self.bind(class.name.as_str(), Binding::Class(class)),
                Stmt::Import(import) => self.bind_import(import),
                Stmt::ImportFrom(import) => self.bind_import_from(import),
                other => {
                    for inner in blocks(other) {
                        self.bind_all(inner, depth + 1);
                    }
                }
            }
        }
    }

    fn bind_import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            match &alias.asname {
                Some(name) => self.bind(name.as_str(), Binding::Import(path)),
                None => {
                    let root = path.split('.').next().unwrap_or(path);
                    self.bind(root, Binding::Import(root));
                }
            }
        }
    }

    fn bind_import_from(&mut self, import: &'a StmtImportFrom) {
        let module = import.module.as_ref().map(Identifier::as_str);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.stars.push((module, import.level));
                continue;
            }
            let local = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind(local, Binding::From(module, import.level, name));
        }
    }

    fn bind_target(&mut self, target: &'a Expr, value: &'a Expr) {
        match (target, value) {
            (Expr::Name(name), _) => self.bind(name.id.as_str(), Binding::Expr(value)),
            (Expr::Tuple(names), Expr::Tuple(values)) if names.elts.len() == values.elts.len() => {
                for (name, value) in names.elts.iter().zip(&values.elts) {
                    if let Expr::Name(name) = name {
                        self.bind(name.id.as_str(), Binding::Expr(value));
                    }
                }
            }
            (Expr::Tuple(names), _) => {
                for name in &names.elts {
                    if let Expr::Name(name) = name {
                        self.bind(name.id.as_str(), Binding::Opaque);
                    }
                }
            }
            _ => {}
        }
    }

    /// Names of the module that a function binds: `global client`.
    fn bind_globals(&mut self, body: &'a [Stmt]) {
        let mut named: Vec<&str> = Vec::new();
        for statement in body {
            if let Stmt::Global(global) = statement {
                named.extend(global.names.iter().map(ruff_python_ast::Identifier::as_str));
            }
        }
        if named.is_empty() {
            return;
        }
        let mut open: Vec<&'a [Stmt]> = vec![body];
        while let Some(body) = open.pop() {
            for statement in body {
                if let Stmt::Assign(assign) = statement {
                    for target in &assign.targets {
                        if let Expr::Name(name) = target
                            && named.contains(&name.id.as_str())
                        {
                            self.bind(name.id.as_str(), Binding::Expr(&assign.value));
                        }
                    }
                }
                open.extend(blocks(statement));
            }
        }
    }
}

/// The bodies inside a statement that share its scope.
pub(super) fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(branch) => std::iter::once(&*branch.body)
            .chain(branch.elif_else_clauses.iter().map(|clause| &*clause.body))
            .collect(),
        Stmt::For(each) => vec![&each.body, &each.orelse],
        Stmt::While(each) => vec![&each.body, &each.orelse],
        Stmt::With(with) => vec![&with.body],
        Stmt::Match(choice) => choice.cases.iter().map(|case| &*case.body).collect(),
        Stmt::Try(attempt) => {
            let handlers = attempt.handlers.iter().map(|handler| {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            });
            std::iter::once(&*attempt.body)
                .chain(handlers)
                .chain([&*attempt.orelse, &*attempt.finalbody])
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) struct Project<'a> {
    pub(super) modules: Vec<Module<'a>>,
    /// Modules by the last part of their dotted path.
    by_name: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Project<'a> {
    pub(super) fn new(modules: Vec<Module<'a>>) -> Self {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, module) in modules.iter().enumerate() {
            if let Some(last) = dotted(module.path).last() {
                by_name.entry(last).or_default().push(at);
            }
        }
        Self { modules, by_name }
    }

    /// The module that a path names as seen from another one; none where it is not in the sources.
    pub(super) fn find(&self, from: usize, module: &str, levels: u32) -> Option<usize> {
        let path = self.modules[from].path;
        let asked = module.split('.').filter(|part| !part.is_empty());
        if levels == 0 {
            let asked: Vec<&str> = asked.collect();
            return self.by_suffix(path, &asked);
        }
        let mut folder: Vec<&str> = folders(path);
        for _ in 1..levels {
            folder.pop()?;
        }
        folder.extend(asked);
        let candidates = self.by_name.get(folder.last()?)?;
        candidates
            .iter()
            .copied()
            .find(|at| dotted(self.modules[*at].path) == folder)
    }

    /// The nearest module whose path ends so: sources rarely begin at the root of a repository.
    fn by_suffix(&self, from: &Path, asked: &[&str]) -> Option<usize> {
        let candidates = self.by_name.get(asked.last()?)?;
        let here = folders(from);
        let shared = |at: &usize| {
            let path = dotted(self.modules[*at].path);
            path.iter()
                .zip(&here)
                .take_while(|(left, right)| left == right)
                .count()
        };
        candidates
            .iter()
            .copied()
            .filter(|at| {
                let path = dotted(self.modules[*at].path);
                // `import supabase` beside a file of that name in some other folder means the package.
                path.ends_with(asked)
                    && (path.len() == asked.len() || asked.len() > 1 || {
                        let parent = &path[..path.len() - 1];
                        here.starts_with(parent)
                    })
            })
            .max_by_key(shared)
    }
}

fn folders(path: &Path) -> Vec<&str> {
    let parent = path.parent().into_iter().flat_map(Path::components);
    parent
        .filter_map(|part| part.as_os_str().to_str())
        .collect()
}

/// `app/db/__init__.py` is `app.db`.
fn dotted(path: &Path) -> Vec<&str> {
    let mut parts = folders(path);
    match path.file_stem().and_then(std::ffi::OsStr::to_str) {
        Some("__init__") | None => {}
        Some(name) => parts.push(name),
    }
    parts
}
