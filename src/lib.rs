//! pgpact holds a live Postgres to the contract its repository declares.
pub mod classes;
pub mod contract;
pub mod error;
pub mod findings;
pub mod report;
pub mod sql;
