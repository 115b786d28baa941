//! All integration tests in one binary: they share what is slow to build and to start.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod boundaries;
mod corpus;
mod keyring;
mod property;
mod support;
