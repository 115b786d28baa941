//! Serves the four bindgen calls that pg_query's build script makes.
//!
//! The real bindgen loads libclang, a compiler library that a machine with Rust and Postgres
//! usually lacks. The header it would read declares two dozen functions, so their declarations
//! are kept in `pg_query.rs` by hand. `docs/dependencies.md` says how to take this out again.

use std::path::Path;

/// What `bindgen::Builder` is to pg_query's build script.
#[derive(Default)]
pub struct Builder {
    header: String,
}

/// The declarations, ready to be written.
pub struct Bindings(());

impl Builder {
    /// Names the header to bind; only `pg_query.h` is known here.
    #[must_use]
    pub fn header(mut self, path: impl Into<String>) -> Self {
        self.header = path.into();
        self
    }

    /// Gives the declarations, or an error that says which header is not known.
    pub fn generate(self) -> Result<Bindings, String> {
        let text = std::fs::read_to_string(&self.header).map_err(|error| error.to_string())?;
        for function in FUNCTIONS.lines().filter_map(declared_function) {
            if !text.contains(&format!("{function}(")) {
                return Err(format!(
                    "{} does not declare {function}: vendor/bindgen was written for pg_query 18",
                    self.header
                ));
            }
        }
        Ok(Bindings(()))
    }
}

impl Bindings {
    /// Writes the declarations where the build script wants them.
    pub fn write_to_file(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        std::fs::write(path, FUNCTIONS)
    }
}

const FUNCTIONS: &str = include_str!("pg_query.rs");

fn declared_function(line: &str) -> Option<&str> {
    line.trim().strip_prefix("pub fn ")?.split('(').next()
}
