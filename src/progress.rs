//! What long work says while it goes on.

/// Somebody who shows progress; the default shows nothing.
pub trait Progress: Send + Sync {
    /// Asks a person on a terminal; none where nobody can answer.
    fn confirm(&self, _question: &str) -> Option<bool> {
        None
    }

    /// Whether there is a person to ask.
    fn has_person(&self) -> bool {
        false
    }

    /// A part of the work begins, e.g. `replaying migrations`.
    fn phase(&self, _what: &str) {}

    /// So many steps of the present part are done.
    fn advance(&self, _done: usize, _total: usize) {}

    /// A part of the product that does not wait for the end of the command, e.g. an address; printed at once.
    fn show(&self, _text: &str) {}

    /// A line for whoever runs us, such as a runner's command; printed at once, as it is.
    fn command(&self, _line: &str) {}
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
