//! All integration tests in one binary: they share what is slow to build and to start.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod access;
mod action;
mod boundaries;
mod census;
mod changes;
mod cli;
mod convergence;
mod corpus;
mod documentation;
mod dumped;
mod fleet;
mod generated;
mod github;
mod history;
mod hosted;
mod keyring;
mod lint;
mod majors;
mod pages;
mod pooler;
mod property;
mod reports;
mod rest_source;
mod roles;
mod routine;
mod serve;
mod smoke;
mod support;
mod tls;
mod unreadable;
mod usage;
mod witness;
