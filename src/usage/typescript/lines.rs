//! Lines and columns of byte offsets.

use crate::usage::code::Place;

/// Where lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<u32>,
    text: String,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.filter_map(|(at, _)| u32::try_from(at + 1).ok());
        Self {
            starts: std::iter::once(0).chain(starts).collect(),
            text: text.to_owned(),
        }
    }

    /// The place of a byte.
    pub(super) fn place(&self, at: u32) -> Place {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts[line - 1] as usize;
        let before = self.text.get(start..at as usize).unwrap_or_default();
        Place {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count()).unwrap_or(0) + 1,
        }
    }
}
