//! Nobody's layout in particular: every SQL file, in the order of the number its name begins with.

use super::{Layout, Named, Place, Rank, Up, folder::Folder, leading_digits};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Plain,
    fits: |_| true,
    place,
    up: |text| Up {
        text: text.to_owned(),
        atomicity: Atomicity::Statement,
    },
};

fn place(path: &str, _: &Folder<'_>) -> Place {
    if path.contains('/') || path.ends_with(".down.sql") || path.ends_with(".undo.sql") {
        return Place::Left;
    }
    let stem = path.strip_suffix(".sql").unwrap_or(path);
    let stem = stem.strip_suffix(".up").unwrap_or(stem);
    let unprefixed = stem.strip_prefix(['V', 'v']).unwrap_or(stem);
    let (version, rest) = leading_digits(unprefixed).unwrap_or(("", stem));
    Place::Migration(Named {
        version: version.to_owned(),
        name: rest.trim_start_matches(['_', '-', '.']).to_owned(),
        rank: Rank {
            numbers: version.parse().ok().into_iter().collect(),
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;

    #[test]
    fn files_are_ordered_by_number() {
        let names = [
            "m/10_c.sql",
            "m/2_b.sql",
            "m/1_a.sql",
            "m/1_a.down.sql",
            "m/x.sql",
        ];
        let read = taken(&names.map(|name| (name, "select 1;")), "m");
        assert_eq!(read.spelled(), [" x", "1 a", "2 b", "10 c"]);
    }
}
