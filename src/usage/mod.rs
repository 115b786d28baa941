//! What application code expects of a database, and whether a contract keeps it.
//!
//! Files are read into chains of calls (`code`), one reader a language; what a chain means to a database is read
//! out of it in one place and held to the shape of a contract.

pub mod code;
pub mod files;
pub mod python;
pub mod sql;
