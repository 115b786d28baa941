//! pgpact holds a live Postgres, Supabase first, to the contract its repository declares.
//!
//! `ARCHITECTURE.md` says which layer may name which; `tests/boundaries.rs` holds us to it.

pub mod access;
pub mod app;
pub mod apply;
pub mod classes;
pub mod cli;
pub mod config;
pub mod contract;
pub mod error;
pub mod findings;
pub mod github;
pub mod inspect;
pub mod plan;
pub mod progress;
pub mod prove;
pub mod report;
pub mod scratch;
pub mod serve;
pub mod smoke;
pub mod source;
pub mod sql;
pub mod usage;
mod web;
