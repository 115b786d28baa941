//! Flyway and refinery, whose files are named alike: `V<version>__<name>.sql` and others beside it.

use super::{Layout, Named, Place, Rank, Up, folder::Folder, numbers, whole};
use crate::inspect::Tool;
use crate::scratch::Atomicity;

pub(super) const LAYOUT: Layout = Layout {
    tool: Tool::Flyway,
    fits: |folder| {
        let mut parts = folder.names.iter().filter_map(|name| parts(name));
        parts.any(|parts| parts.kind != 'U')
    },
    place,
    up,
};

/// Its `U` is a migration as well, one that may come late; Flyway's undoes.
pub(super) const REFINERY: Layout = Layout {
    tool: Tool::Refinery,
    fits: is_refinery,
    place: place_refinery,
    up: whole,
};

struct Parts<'a> {
    kind: char,
    version: &'a str,
    name: &'a str,
}

fn parts(path: &str) -> Option<Parts<'_>> {
    let base = path.rsplit('/').next()?;
    let (version, name) = base.strip_suffix(".sql")?.split_once("__")?;
    let kind = version.chars().next()?;
    let version = &version[kind.len_utf8()..];
    let is_right = match kind {
        'V' | 'U' | 'B' => numbers(version).is_some(),
        'R' => version.is_empty(),
        _ => false,
    };
    is_right.then_some(Parts {
        kind,
        version,
        name,
    })
}

fn is_refinery(folder: &Folder<'_>) -> bool {
    let parts: Vec<Parts<'_>> = folder.sql().filter_map(parts).collect();
    let is_plain =
        |parts: &Parts<'_>| matches!(parts.kind, 'V' | 'U') && parts.version.parse::<u64>().is_ok();
    let is_undone = |undo: &Parts<'_>| {
        parts
            .iter()
            .any(|parts| parts.kind == 'V' && parts.version == undo.version)
    };
    let has_late = parts
        .iter()
        .any(|parts| parts.kind == 'U' && !is_undone(parts));
    let is_said = folder.has_around("refinery.toml") || folder.manifest_names("refinery");
    !parts.is_empty() && parts.iter().all(is_plain) && (is_said || has_late)
}

fn place_refinery(path: &str, _: &Folder<'_>) -> Place {
    let parts =
        parts(path).and_then(|parts| Some((parts.version.parse::<u128>().ok()?, parts.name)));
    let Some((number, name)) = parts else {
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

fn place(path: &str, folder: &Folder<'_>) -> Place {
    let Some(Parts {
        kind,
        version,
        name,
    }) = parts(path)
    else {
        return Place::Left;
    };
    // A baseline stands for what it replaced, where that is gone.
    if kind == 'U' || (kind == 'B' && has_older(version, folder)) {
        return Place::Beside;
    }
    Place::Migration(Named {
        version: version.replace('_', "."),
        name: name.replace('_', " "),
        rank: Rank {
            runs_again: kind == 'R',
            numbers: significant(version),
            text: name.to_owned(),
        },
    })
}

fn has_older(version: &str, folder: &Folder<'_>) -> bool {
    let mut parts = folder.names.iter().filter_map(|name| parts(name));
    parts.any(|parts| parts.kind == 'V' && significant(parts.version) <= significant(version))
}

/// 1.0 is 1.
fn significant(version: &str) -> Vec<u128> {
    let mut numbers = numbers(version).unwrap_or_default();
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// A file with a statement that no transaction allows is run without one.
fn up(text: &str) -> Up {
    let words = pg_query::scan(text)
        .map(|scan| scan.tokens)
        .unwrap_or_default();
    let is_alone = words.iter().any(|token| {
        let word = usize::try_from(token.start)
            .ok()
            .zip(usize::try_from(token.end).ok());
        let word = word
            .and_then(|(start, end)| text.get(start..end))
            .unwrap_or_default();
        ["concurrently", "vacuum"]
            .iter()
            .any(|alone| word.eq_ignore_ascii_case(alone))
    });
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

    #[test]
    fn versions_are_compared_by_number_and_what_runs_again_comes_last() {
        let names = [
            "m/R__a_view.sql",
            "m/V1_10__c.sql",
            "m/more/V1.2__b.sql",
            "m/V001__a_b.sql",
            "m/U001__a_b.sql",
            "m/B1__all.sql",
            "m/seed.sql",
        ];
        let read = taken(&names.map(|name| (name, "select 1;")), "m");
        assert_eq!(read.tool, Tool::Flyway);
        assert_eq!(read.spelled(), ["001 a b", "1.2 b", "1.10 c", " a view"]);
        assert_eq!(read.gaps.len(), 1);
    }

    #[test]
    fn a_u_that_undoes_nothing_is_refinerys() {
        let names = ["m/V1__a.sql", "m/V3__c.sql", "m/U2__b.sql"];
        let read = taken(&names.map(|name| (name, "select 1;")), "m");
        assert_eq!(read.tool, Tool::Refinery);
        assert_eq!(read.spelled(), ["1 a", "2 b", "3 c"]);
        let said = [
            ("m/V1__a.sql", "select 1;"),
            ("Cargo.toml", "refinery = '0.8'\n"),
        ];
        assert_eq!(taken(&said, "m").tool, Tool::Refinery);
    }
}
