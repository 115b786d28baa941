//! What long work says while it goes on.

/// Somebody who shows progress; the default shows nothing.
pub trait Progress: Send + Sync {
    /// A part of the work begins, e.g. `replaying migrations`.
    fn phase(&self, _what: &str) {}

    /// So many steps of the present part are done.
    fn advance(&self, _done: usize, _total: usize) {}
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
