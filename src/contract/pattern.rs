//! Patterns over object ids.

use glob::MatchOptions;

use super::ObjectId;

/// `class:path` or `path`, with `*` and `?` as in a shell; they match dots too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(glob::Pattern);

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        glob::Pattern::new(text)
            .map(Self)
            .map_err(|error| error.msg.to_owned())
    }

    /// A pattern that matches this text alone.
    pub fn literal(text: &str) -> Self {
        let escaped = glob::Pattern::escape(text);
        Self(glob::Pattern::new(&escaped).expect("an escaped text is a pattern"))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it matches an id, with or without the class before it.
    pub fn matches(&self, id: &ObjectId) -> bool {
        self.matches_text(&id.path) || self.matches_text(&id.to_string())
    }

    /// Whether it matches a plain name.
    pub fn matches_text(&self, text: &str) -> bool {
        self.0.matches_with(text, OPTIONS)
    }
}
