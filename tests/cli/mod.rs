//! The real binary end to end, on real Postgres.

mod cleanliness;
mod failures;
mod reconcile;
mod replay;
mod verdicts;
