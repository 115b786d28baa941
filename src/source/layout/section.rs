//! Files that hold both ways, up and down, in sections begun by a comment.

/// The text with every line blank that is not kept, so that lines keep their numbers.
pub(super) fn kept(text: &str, mut is_kept: impl FnMut(&str) -> bool) -> String {
    let lines = text.split_inclusive('\n').map(|line| match is_kept(line) {
        true => line,
        false if line.ends_with('\n') => "\n",
        false => "",
    });
    lines.collect()
}

/// What follows a word, after a comment's dashes at the beginning of a line; in lower case.
pub(super) fn after_marker(line: &str, marker: &str) -> Option<String> {
    let comment = line.strip_prefix("--")?.trim().to_lowercase();
    Some(comment.strip_prefix(marker)?.trim().to_owned())
}
