//! Characters that would lie about a text are spelled out.

use std::fmt::Write as _;

/// The text with control characters, direction marks and zero-width characters as `⟨U+202E⟩`; newlines and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || is_deceptive(c) => {
                write!(shown, "⟨U+{:04X}⟩", u32::from(c)).expect("writing to a string cannot fail");
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The same on one line.
pub fn visible_line(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    visible(&lines.join(" "))
}

/// Marks that reorder or hide what stands beside them, and what is no character at all.
fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
