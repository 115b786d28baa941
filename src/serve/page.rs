//! The last report as a page: the same that `--format html` writes, with the time it is of.

use super::board::Seen;
use crate::report::{self, Page};

/// A whole page of a verification.
pub(super) fn render(seen: &Seen) -> String {
    let page = Page {
        at: Some(&seen.at.to_string()),
        ..Page::default()
    };
    report::html(&seen.report, &page)
}
