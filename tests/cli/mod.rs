//! The real binary end to end, on real Postgres.

mod adopting;
mod applying;
mod baseline;
mod cache;
mod cleanliness;
mod concurrent;
mod failures;
mod fetching;
mod helpers;
mod plans;
mod reconcile;
mod renames;
mod replay;
mod stretches;
mod verdicts;
