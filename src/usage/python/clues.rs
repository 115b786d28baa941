//! What names tell: of a client, and of the key that it is made with.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, Stmt};

use super::project::{Binding, Module};
use crate::usage::code::{Certainty, Client};

/// Packages whose objects have methods of the same names.
const OTHERS: &[&str] = &[
    "ibis",
    "rich",
    "boto3",
    "aioboto3",
    "sqlalchemy",
    "sqlmodel",
    "pandas",
    "polars",
    "duckdb",
    "pyspark",
    "pymongo",
    "tinydb",
    "rethinkdb",
    "dataset",
    "google",
    "bigquery",
    "snowflake",
    "airtable",
    "pyairtable",
    "cassandra",
    "peewee",
    "django",
    "flask",
    "sqlite3",
    "psycopg",
    "psycopg2",
    "asyncpg",
    "redis",
    "rethink",
    "tabulate",
    "dash",
    "streamlit",
    "pypika",
    "lancedb",
    "databricks",
    "happybase",
    "deltalake",
    "prettytable",
];

/// Whether a dotted name belongs to a package that is known to be something else.
pub(super) fn is_foreign(dotted: &str) -> bool {
    let root = dotted.split('.').next().unwrap_or(dotted);
    OTHERS.contains(&root)
}

/// The packages of Supabase's own client.
pub(super) fn is_supabase(dotted: &str) -> bool {
    let root = dotted.split('.').next().unwrap_or(dotted);
    root.starts_with("supabase") || matches!(root, "postgrest" | "gotrue" | "realtime" | "storage3")
}

/// Whether a module imports what looks the same and is something else, and nothing of Supabase.
pub(super) fn speaks_otherwise(module: &Module) -> bool {
    let mut others = false;
    for binding in module.names.values().flatten() {
        let (Binding::From(Some(root), 0, _) | Binding::Import(root)) = binding else {
            continue;
        };
        if is_supabase(root) {
            return false;
        }
        others |= matches!(
            root.split('.').next(),
            Some(
                "ibis" | "pyspark" | "rethinkdb" | "boto3" | "snowflake" | "lancedb" | "deltalake"
            )
        );
    }
    others
}

/// How sure a name makes it that what it names is a client.
pub(super) fn of_name(expr: &Expr) -> Certainty {
    let name = match expr {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Call(call) => return of_name(&call.func),
        Expr::Await(wait) => return of_name(&wait.value),
        Expr::Subscript(part) => return of_name(&part.value),
        _ => return Certainty::Likely,
    };
    let name = name.to_ascii_lowercase();
    if name.contains("supabase") || matches!(name.trim_matches('_'), "sb" | "supa" | "sb_client") {
        Certainty::Known
    } else {
        Certainty::Likely
    }
}

/// With whose rights the words of a key let a client speak.
pub(super) fn of_key(words: &str) -> Client {
    let words = words.to_ascii_lowercase();
    let is_service = words.contains("service") || words.contains("secret");
    let is_user =
        words.contains("anon") || words.contains("publishable") || words.contains("public_key");
    match (is_service, is_user) {
        (true, false) => Client::Service,
        (false, true) => Client::User,
        _ => Client::Unknown,
    }
}

/// All names and texts of an expression, such as of where a key comes from, following names of the module.
pub(super) fn words(expr: &Expr, module: &Module) -> String {
    let mut words = Words {
        text: String::new(),
        module,
        depth: 0,
    };
    words.visit_expr(expr);
    words.text
}

struct Words<'m, 'a> {
    text: String,
    module: &'m Module<'a>,
    depth: usize,
}

impl Words<'_, '_> {
    fn add(&mut self, word: &str) {
        if self.text.len() < 2_000 {
            self.text.push(' ');
            self.text.push_str(word);
        }
    }
}

impl<'x> Visitor<'x> for Words<'_, '_> {
    fn visit_stmt(&mut self, _: &'x Stmt) {}

    fn visit_expr(&mut self, expr: &'x Expr) {
        match expr {
            Expr::Name(name) => {
                self.add(name.id.as_str());
                let module = self.module;
                if self.depth < 3
                    && let Some([Binding::Expr(value)]) =
                        module.names.get(name.id.as_str()).map(Vec::as_slice)
                {
                    let mut inner = Words {
                        text: String::new(),
                        module,
                        depth: self.depth + 1,
                    };
                    inner.visit_expr(value);
                    self.add(&inner.text);
                }
            }
            Expr::Attribute(attribute) => {
                self.add(attribute.attr.as_str());
            }
            Expr::StringLiteral(literal) => self.add(literal.value.to_str()),
            other => walk_expr(self, other),
        }
    }
}
