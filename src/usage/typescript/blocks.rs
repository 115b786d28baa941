//! Scripts inside of components: all around them becomes blanks, so that places stay what they are.

/// The scripts of a Vue or Svelte component, or the front part of an Astro page; nothing where there is none.
pub(super) fn scripts(text: &str, extension: &str) -> String {
    let mut kept = vec![false; text.len()];
    if extension == "astro" {
        keep_front(text, &mut kept);
    }
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = lower[at..].find("<script") {
        let tag = at + found;
        // `<script-editor>` is a component.
        let behind = lower[tag + "<script".len()..].chars().next();
        if behind.is_some_and(|c| !c.is_whitespace() && !matches!(c, '>' | '/')) {
            at = tag + "<script".len();
            continue;
        }
        let Some(open) = end_of_tag(text, tag) else {
            break;
        };
        let Some(close) = lower[open..].find("</script") else {
            break;
        };
        kept[open..open + close].fill(true);
        at = open + close;
    }
    blank(text, &kept)
}

fn keep_front(text: &str, kept: &mut [bool]) {
    let Some(rest) = text.strip_prefix("---") else {
        return;
    };
    if let Some(end) = rest.find("\n---") {
        kept[3..3 + end].fill(true);
    }
}

/// Behind the `>` that ends a tag; those in quotes end none.
fn end_of_tag(text: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text[from..].char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '>') => return Some(from + at + 1),
            _ => {}
        }
    }
    None
}

fn blank(text: &str, kept: &[bool]) -> String {
    let pieces = text.char_indices().map(|(at, c)| match c {
        '\n' => '\n',
        _ if kept[at] => c,
        _ => ' ',
    });
    // A character of several bytes becomes one blank: columns are counted in characters.
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_stay_where_they_are() {
        let text = "<template>\n<a :b=\"x > 1\"/>\n</template>\n<script setup lang=\"ts\">\nconst ä = 1;\n</script>\n<script>2</script>";
        let scripts = scripts(text, "vue");
        let kept: Vec<&str> = scripts.split_whitespace().collect();
        assert_eq!(kept, ["const", "ä", "=", "1;", "2"]);
        assert_eq!(scripts.chars().count(), text.chars().count());
        assert_eq!(scripts.lines().position(|line| line.contains('ä')), Some(4));
    }

    #[test]
    fn a_component_whose_name_begins_like_a_script_is_none() {
        let text = "<template><script-editor v-if=\"a\" /></template>\n<script>\n1\n</script>";
        assert_eq!(
            scripts(text, "vue").split_whitespace().collect::<Vec<_>>(),
            ["1"]
        );
    }
}
