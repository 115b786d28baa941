//! goose: `<number>_<name>.sql` with `-- +goose Up` and `-- +goose Down`.

use super::section::{after_marker, kept};
use super::{Layout, Named, Place, Rank, Up, folder::Folder, leading_digits};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Goose,
    fits: |folder| folder.any_line(|line| after_marker(line, "+goose up").is_some()),
    place,
    up,
};

fn place(path: &str, _: &Folder<'_>) -> Place {
    let named = leading_digits(path).and_then(|(digits, rest)| {
        let number: u128 = digits.parse().ok()?;
        let name = rest.strip_prefix('_')?.trim_end_matches(".sql");
        Some((number, name)).filter(|_| number > 0 && !path.contains('/'))
    });
    let Some((number, name)) = named else {
        return Place::Left;
    };
    Place::Migration(Named {
        version: number.to_string(),
        name: name.to_owned(),
        rank: Rank {
            numbers: vec![number],
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

fn up(text: &str) -> Up {
    let mut is_up = false;
    let mut is_alone = false;
    let text = kept(text, |line| {
        match after_marker(line, "+goose").as_deref() {
            Some("up") => is_up = true,
            Some("down") => is_up = false,
            Some("no transaction") => is_alone = true,
            _ => {}
        }
        is_up
    });
    let atomicity = if is_alone {
        Atomicity::Statement
    } else {
        Atomicity::File
    };
    Up { text, atomicity }
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;
    use crate::scratch::Atomicity;

    #[test]
    fn versions_are_numbers_and_the_way_down_is_blank() {
        let begin = "-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd\n";
        let files = [
            (
                "m/00010_b.sql",
                "-- +goose NO TRANSACTION\n-- +goose up\nselect 2;\n-- +goose down\nselect 3;\n",
            ),
            ("m/2_a.sql", begin),
            ("m/notes.sql", "select 4;"),
        ];
        let read = taken(&files, "m");
        assert_eq!(read.spelled(), ["2 a", "10 b"]);
        assert_eq!(read.all[0].file.text, begin);
        assert_eq!(read.all[1].file.text, "\n-- +goose up\nselect 2;\n\n\n");
        assert_eq!(read.all[1].atomicity, Atomicity::Statement);
        assert_eq!(read.gaps.len(), 1);
    }
}
