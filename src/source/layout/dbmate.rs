//! dbmate: `<digits>_<name>.sql` with `-- migrate:up` and `-- migrate:down`.

use super::section::{after_marker, kept};
use super::{Layout, Named, Place, Rank, Up, folder::Folder, leading_digits};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Dbmate,
    fits: |folder| folder.any_line(|line| after_marker(line, "migrate:up").is_some()),
    place,
    up,
};

fn place(path: &str, _: &Folder<'_>) -> Place {
    let Some((version, rest)) = leading_digits(path).filter(|_| !path.contains('/')) else {
        return Place::Left;
    };
    Place::Migration(Named {
        version: version.to_owned(),
        name: rest
            .trim_start_matches('_')
            .trim_end_matches(".sql")
            .to_owned(),
        // Names are sorted as text.
        rank: Rank {
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

fn up(text: &str) -> Up {
    let mut is_up = false;
    let mut is_alone = false;
    let text = kept(text, |line| {
        if let Some(options) = after_marker(line, "migrate:up") {
            is_up = true;
            is_alone |= options
                .split_whitespace()
                .any(|option| option == "transaction:false");
        } else if after_marker(line, "migrate:down").is_some() {
            is_up = false;
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
    fn the_way_down_is_blank_and_lines_stay() {
        let files = [
            (
                "db/migrations/20240101_a.sql",
                "-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n",
            ),
            (
                "db/migrations/20240102_b.sql",
                "-- migrate:down\ndrop table b;\n--migrate:up transaction:false\nselect 1;",
            ),
        ];
        let read = taken(&files, "db");
        assert_eq!(read.spelled(), ["20240101 a", "20240102 b"]);
        assert_eq!(
            read.all[0].file.text,
            "-- migrate:up\ncreate table a ();\n\n\n"
        );
        assert_eq!(
            read.all[1].file.text,
            "\n\n--migrate:up transaction:false\nselect 1;"
        );
        assert_eq!(read.all[0].atomicity, Atomicity::File);
        assert_eq!(read.all[1].atomicity, Atomicity::Statement);
        assert_eq!(read.batches().len(), 2);
    }
}
