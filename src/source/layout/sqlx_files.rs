//! sqlx: `<number>_<name>.sql`, or `.up.sql` with `.down.sql`, which golang-migrate writes as well.

use super::{Layout, Named, Place, Rank, Up, folder::Folder, leading_digits};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Sqlx,
    fits: |folder| {
        folder.sql().any(|name| name.ends_with(".up.sql"))
            || folder.has_around("sqlx.toml")
            || folder.manifest_names("sqlx")
    },
    place,
    up,
};

fn place(path: &str, _: &Folder<'_>) -> Place {
    let named = leading_digits(path).and_then(|(digits, rest)| {
        let number: u128 = digits.parse().ok()?;
        let name = rest.strip_prefix('_').filter(|_| !path.contains('/'))?;
        Some((number, name))
    });
    let Some((number, name)) = named else {
        return Place::Left;
    };
    if name.ends_with(".down.sql") {
        return Place::Beside;
    }
    let name = name.trim_end_matches(".sql").trim_end_matches(".up");
    Place::Migration(Named {
        version: number.to_string(),
        // As it is recorded.
        name: name.replace('_', " "),
        rank: Rank {
            numbers: vec![number],
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

fn up(text: &str) -> Up {
    let is_alone = text.starts_with("-- no-transaction");
    Up {
        text: text.to_owned(),
        atomicity: if is_alone {
            Atomicity::Statement
        } else {
            Atomicity::File
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;
    use crate::inspect::Tool;
    use crate::scratch::Atomicity;

    #[test]
    fn the_way_down_is_known_and_not_run() {
        let files = [
            ("m/10_b_c.up.sql", "-- no-transaction\nselect 2;"),
            ("m/10_b_c.down.sql", "select 3;"),
            ("m/0002_a.sql", "select 1;"),
        ];
        let read = taken(&files, "m");
        assert_eq!(read.tool, Tool::Sqlx);
        assert_eq!(read.spelled(), ["2 a", "10 b c"]);
        assert_eq!(read.all[1].atomicity, Atomicity::Statement);
        assert_eq!(read.gaps, []);
    }
}
