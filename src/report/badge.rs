//! The verdict as a badge: a picture, or what shields.io draws one from.
//!
//! It says counts and words of our own, nothing that a database could have a say in.

use serde_json::json;

use super::{Report, Verdict};

const LABEL: &str = "database contract";
/// About what a letter of Verdana takes at 11 pixels; `textLength` makes it so.
const LETTER: f64 = 6.4;
const PADDING: f64 = 6.0;

/// A self-contained SVG.
pub fn svg(report: &Report) -> String {
    let said = said(report);
    let (left, right) = (width(LABEL), width(&said));
    let (whole, fill) = (left + right, color(report).1);
    let text = |x: f64, width: f64, words: &str| {
        let (middle, length) = (x + width / 2.0, width - 2.0 * PADDING);
        format!("<text x=\"{middle:.1}\" y=\"14\" textLength=\"{length:.1}\">{words}</text>")
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole:.0}\" height=\"20\" role=\"img\" aria-label=\"{LABEL}: {said}\">\n\
         <title>{LABEL}: {said}</title>\n\
         <clipPath id=\"r\"><rect width=\"{whole:.0}\" height=\"20\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\"><rect width=\"{left:.1}\" height=\"20\" fill=\"#444\"/>\
         <rect x=\"{left:.1}\" width=\"{right:.1}\" height=\"20\" fill=\"{fill}\"/></g>\n\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">{}{}</g>\n\
         </svg>\n",
        text(0.0, left, LABEL),
        text(left, right, &said),
    )
}

/// An endpoint of shields.io, version 1.
pub fn shields(report: &Report) -> String {
    let badge = json!({
        "schemaVersion": 1,
        "label": LABEL,
        "message": said(report),
        "color": color(report).0,
        "isError": report.verdict == Verdict::Unknown,
    });
    format!("{badge}\n")
}

fn said(report: &Report) -> String {
    let verdict = report.verdict.as_str();
    let is_clean = report.findings.iter().all(|finding| !finding.counts());
    match report.verdict {
        Verdict::Unknown => verdict.to_owned(),
        Verdict::Holds if is_clean => verdict.to_owned(),
        Verdict::Holds | Verdict::Broken => {
            format!("{verdict}: {}{}", report.summary(), report.open_in_words())
        }
    }
}

/// The name that shields.io knows, and a colour that white text can be read on.
fn color(report: &Report) -> (&'static str, &'static str) {
    match report.verdict {
        Verdict::Holds => ("brightgreen", "#1a7f37"),
        Verdict::Broken => ("red", "#c62828"),
        Verdict::Unknown => ("lightgrey", "#6e6e6e"),
    }
}

fn width(words: &str) -> f64 {
    // There are fewer letters than a float can count.
    let letters = u16::try_from(words.chars().count()).unwrap_or(u16::MAX);
    f64::from(letters) * LETTER + 2.0 * PADDING
}
