//! The real binary end to end, on real Postgres.

mod cleanliness;
mod failures;
mod replay;
mod verdicts;
