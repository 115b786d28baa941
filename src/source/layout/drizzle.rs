//! Drizzle: `<tag>.sql`, in the order of `meta/_journal.json`.

use serde::Deserialize;

use super::{Layout, Named, Place, Rank, Up, folder::Folder};
use crate::contract::Gap;
use crate::inspect::Tool;
use crate::scratch::Atomicity;

const JOURNAL: &str = "meta/_journal.json";

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Drizzle,
    fits: |folder| folder.names.iter().any(|name| name == JOURNAL),
    place,
    up,
};

/// What the journal says of one migration.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    tag: String,
    when: u64,
}

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Line>,
}

/// The journal's lines; none when it cannot be read.
pub(super) fn journal(folder: &Folder<'_>) -> Vec<Line> {
    let journal = folder
        .text(JOURNAL)
        .and_then(|text| serde_json::from_str::<Journal>(&text).ok());
    journal.map(|journal| journal.entries).unwrap_or_default()
}

/// Migrations that the journal names and that have no file.
pub(super) fn absent(folder: &Folder<'_>) -> impl Iterator<Item = Gap> {
    let has_file = |line: &&Line| {
        let file = format!("{}.sql", line.tag);
        folder.sql().any(|name| name == file)
    };
    let absent = folder.journal().iter().filter(move |line| !has_file(line));
    absent.map(|line| Gap {
        what: format!("{}.sql", line.tag),
        why: format!("{JOURNAL} names it, and there is no such file"),
    })
}

fn place(path: &str, folder: &Folder<'_>) -> Place {
    let tag = path.trim_end_matches(".sql");
    let lines = folder.journal();
    let Some(at) = lines.iter().position(|line| line.tag == tag) else {
        return Place::Left;
    };
    Place::Migration(Named {
        version: lines[at].when.to_string(),
        name: tag.to_owned(),
        rank: Rank {
            numbers: vec![at as u128],
            text: path.to_owned(),
            ..Rank::default()
        },
    })
}

/// The mark between statements ends one, with or without a semicolon.
fn up(text: &str) -> Up {
    Up {
        text: text.replace("--> statement-breakpoint", ";"),
        atomicity: Atomicity::File,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::taken;
    use crate::inspect::Tool;

    #[test]
    fn the_journal_gives_the_order() {
        let journal = r#"{"version":"7","entries":[
            {"idx":0,"when":1700000000001,"tag":"0001_b","breakpoints":true},
            {"idx":1,"when":1700000000002,"tag":"0000_a","breakpoints":true},
            {"idx":2,"when":1700000000003,"tag":"0003_d","breakpoints":true}]}"#;
        let files = [
            ("drizzle/0000_a.sql", "select 1"),
            (
                "drizzle/0001_b.sql",
                "select 2\n--> statement-breakpoint\nselect 3",
            ),
            ("drizzle/0002_c.sql", "select 4"),
            ("drizzle/meta/_journal.json", journal),
        ];
        let read = taken(&files, "");
        assert_eq!(read.tool, Tool::Drizzle);
        assert_eq!(
            read.spelled(),
            ["1700000000001 0001_b", "1700000000002 0000_a"]
        );
        assert_eq!(read.all[0].file.text, "select 2\n;\nselect 3");
        assert_eq!(read.gaps.len(), 2);
    }
}
