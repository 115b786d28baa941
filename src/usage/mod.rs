//! What application code expects of a database, and whether a contract keeps it.
//!
//! Files are read into chains of calls (`code`), one reader a language; what a chain means to a database is read
//! out of it in one place and held to the shape of a contract.

pub mod code;
pub mod files;
pub mod filter;
pub mod generated;
pub mod hold;
pub mod map;
pub mod mobile;
pub mod python;
pub mod search;
pub mod select;
pub mod sql;
pub mod typescript;

pub use files::read;
