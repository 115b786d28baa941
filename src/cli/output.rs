//! What a command has to say to whoever called it.

/// Text for standard output and the exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The product, with ANSI colours where it is for a terminal.
    pub text: String,
    /// The exit status.
    pub status: u8,
}
