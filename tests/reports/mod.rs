//! Reports for other programs and for people: SARIF, `JUnit`, HTML, badges.

mod badge;
mod binary;
mod browser;
mod hostile;
mod html;
mod junit;
mod mermaid;
mod sarif;

/// What differs between versions is left out of snapshots.
pub(crate) fn steady(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}
