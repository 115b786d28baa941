//! A server that verifies on a schedule and says over HTTP how things stand.
//!
//! What is verified, and how, is handed in: this room knows clocks, checks, and who may ask.

mod alert;
mod board;
mod check;
mod checks;
mod clock;
mod health;
mod metrics;
mod page;
mod routes;
mod settings;
mod token;

pub use alert::Alert;
pub use board::{Board, Round, Seen};
pub use check::{Check, Target};
pub use clock::{Orders, run};
pub use health::{Component, Health, Status};
pub use settings::{Database, Schedule, Settings};
