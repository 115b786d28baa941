//! How a database stands to a directory of migrations, from what it recorded.

use std::collections::BTreeMap;

use super::content::{self, Likeness};
use super::matching::{self, Pairs};
use super::remark::Words;
use super::version::Version;
use super::{Applied, Standing, recorded_path};
use crate::inspect::{Content, Entry, Recorded, Tool};
use crate::scratch::{Atomicity, MigrationFile};
use crate::source::layout::Migrations;

/// Says what a database ran, what it did not, and what is not as it should be.
pub fn standing(migrations: &Migrations, recorded: &Recorded) -> Standing {
    let pairs = matching::pair(migrations, recorded);
    let words = Words {
        migrations,
        recorded,
    };
    let mut standing = Standing::default();
    take_counted(&mut standing, migrations, recorded, &pairs);
    for (at, entry) in recorded.entries.iter().enumerate() {
        let is_renamed = pairs.renamed.contains(&at);
        take_entry(&mut standing, &words, entry, pairs.files[at], is_renamed);
    }
    standing.unapplied = (0..migrations.all.len())
        .filter(|file| !standing.has(*file))
        .collect();
    let failed: Vec<usize> = failed(recorded, &pairs);
    remark_unapplied(&mut standing, &words, &failed);
    remark_duplicates(&mut standing, &words);
    standing
}

/// Files up to a baseline were run, or stand for what was there before.
fn take_counted(
    standing: &mut Standing,
    migrations: &Migrations,
    recorded: &Recorded,
    pairs: &Pairs,
) {
    for (file, migration) in migrations.all.iter().enumerate() {
        if !pairs.is_taken[file] && matching::is_counted(recorded, migration) {
            standing.applied.push(Applied {
                file: Some(file),
                version: String::new(),
                replay: migration.file.clone(),
                atomicity: migration.atomicity,
            });
        }
    }
}

fn take_entry(
    standing: &mut Standing,
    words: &Words<'_>,
    entry: &Entry,
    file: Option<usize>,
    is_renamed: bool,
) {
    if entry.has_failed {
        standing.remarks.push(words.half_applied(entry, file));
        return;
    }
    let Some(file) = file else {
        if is_program(words, entry) {
            standing.lost.push(entry.version.clone());
            return;
        }
        standing.remarks.push(words.unknown(entry));
        match recorded_file(words, entry) {
            Some(applied) => standing.applied.push(applied),
            None => standing.lost.push(entry.version.clone()),
        }
        return;
    };
    let migration = &words.migrations.all[file];
    let likeness = content::likeness(words.recorded.tool, migration, entry);
    let is_edited = likeness == Likeness::Other;
    if is_renamed {
        standing.remarks.push(words.renamed(entry, file));
        standing.renames.push((file, entry.version.clone()));
    } else if is_edited && !entry.version.is_empty() {
        standing.remarks.push(words.edited(entry, file));
    }
    let recorded = recorded_file(words, entry).filter(|_| is_edited);
    standing.applied.push(Applied {
        file: Some(file),
        ..recorded.unwrap_or_else(|| Applied {
            file: None,
            version: entry.version.clone(),
            replay: migration.file.clone(),
            atomicity: migration.atomicity,
        })
    });
}

fn is_program(words: &Words<'_>, entry: &Entry) -> bool {
    let tool = words.recorded.tool;
    let version = Version::new(tool, &entry.version);
    let mut programs = words.migrations.programs.iter();
    programs.any(|program| Version::new(tool, program) == version)
}

/// The recorded statements as a file, where there are any.
fn recorded_file(words: &Words<'_>, entry: &Entry) -> Option<Applied> {
    let Content::Statements(statements) = &entry.content else {
        return None;
    };
    let path = recorded_path(&entry.version, entry.name.as_deref(), &words.recorded.table);
    Some(Applied {
        file: None,
        version: entry.version.clone(),
        replay: MigrationFile {
            path,
            text: content::joined(statements),
        },
        atomicity: Atomicity::File,
    })
}

fn failed(recorded: &Recorded, pairs: &Pairs) -> Vec<usize> {
    let entries = recorded.entries.iter().zip(&pairs.files);
    entries
        .filter(|(entry, _)| entry.has_failed)
        .filter_map(|(_, file)| *file)
        .collect()
}

/// What was not run, and of that what comes before something that was.
fn remark_unapplied(standing: &mut Standing, words: &Words<'_>, failed: &[usize]) {
    let tool = words.recorded.tool;
    let newest = newest(words.recorded);
    for file in standing.unapplied.clone() {
        let migration = &words.migrations.all[file];
        if failed.contains(&file) {
            continue;
        }
        standing.remarks.push(words.unapplied(file));
        let version = Version::new(tool, &migration.version);
        if let Some((newest, spelled)) = &newest
            && !migration.version.is_empty()
            && version < *newest
        {
            standing.remarks.push(words.out_of_order(file, spelled));
        }
    }
}

fn newest(recorded: &Recorded) -> Option<(Version, &str)> {
    let entries = recorded.entries.iter().filter(|entry| !entry.has_failed);
    let versions = entries
        .map(|entry| entry.version.as_str())
        .chain(recorded.up_to.as_deref());
    let versions = versions.filter(|version| !version.is_empty());
    versions
        .map(|version| (Version::new(recorded.tool, version), version))
        .max()
}

/// One remark for each file after the first of a version.
fn remark_duplicates(standing: &mut Standing, words: &Words<'_>) {
    // A tool that names migrations in full has no second of a name.
    if words.recorded.tool == Tool::Drizzle {
        return;
    }
    let mut first: BTreeMap<Version, usize> = BTreeMap::new();
    for (file, migration) in words.migrations.all.iter().enumerate() {
        if migration.version.is_empty() {
            continue;
        }
        let version = matching::version_of(words.recorded, migration);
        match first.get(&version) {
            Some(first) => standing.remarks.push(words.duplicate(*first, file)),
            None => {
                first.insert(version, file);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Known, RemarkKind, known};
    use super::*;
    use crate::inspect::Histories;
    use crate::source::layout::tests::taken;

    const FOLDER: &str = "supabase/migrations";

    fn files(named: &[(&str, &str)]) -> Migrations {
        let paths: Vec<String> = named
            .iter()
            .map(|(name, _)| format!("{FOLDER}/{name}"))
            .collect();
        let files: Vec<(&str, &str)> = paths
            .iter()
            .map(String::as_str)
            .zip(named.iter().map(|(_, text)| *text))
            .collect();
        taken(&files, FOLDER)
    }

    fn entry(version: &str, statements: &[&str]) -> Entry {
        Entry {
            version: version.to_owned(),
            name: Some("some".to_owned()),
            content: match statements {
                [] => Content::Nothing,
                some => Content::Statements(some.iter().map(|&text| text.to_owned()).collect()),
            },
            applied_at: None,
            has_failed: false,
        }
    }

    fn recorded(entries: Vec<Entry>) -> Recorded {
        Recorded {
            tool: Tool::Supabase,
            table: "supabase_migrations.schema_migrations".to_owned(),
            entries,
            up_to: None,
        }
    }

    fn said(standing: &Standing) -> Vec<String> {
        let remarks = standing.remarks.iter();
        remarks
            .map(|remark| format!("{}: {}", remark.kind.code(), remark.message))
            .collect()
    }

    #[test]
    fn what_is_recorded_as_it_stands_is_applied_without_a_word() {
        let files = files(&[
            ("1_a.sql", "create table a ();\n-- end\n"),
            ("2_b.sql", "select 1;"),
        ]);
        let recorded = recorded(vec![entry("1", &["CREATE TABLE a ()"]), entry("2", &[])]);
        let standing = standing(&files, &recorded);
        assert_eq!(said(&standing), Vec::<String>::new());
        assert_eq!(standing.batches(), files.batches());
        assert!(standing.unapplied.is_empty());
    }

    #[test]
    fn what_was_not_run_is_told_from_what_should_have_been_run_earlier() {
        let files = files(&[
            ("1_a.sql", "select 1"),
            ("2_b.sql", "select 2"),
            ("3_c.sql", "select 3"),
            ("4_d.sql", "select 4"),
        ]);
        let standing = standing(&files, &recorded(vec![entry("1", &[]), entry("3", &[])]));
        let kinds: Vec<_> = standing
            .remarks
            .iter()
            .map(|remark| (remark.kind, remark.file))
            .collect();
        assert_eq!(
            kinds,
            [
                (RemarkKind::Unapplied, Some(1)),
                (RemarkKind::OutOfOrder, Some(1)),
                (RemarkKind::Unapplied, Some(3)),
            ]
        );
        assert_eq!(standing.unapplied, [1, 3]);
    }

    #[test]
    fn an_edited_file_is_replayed_as_it_was_recorded() {
        let files = files(&[("1_a.sql", "create table a (i int default 2)")]);
        let standing = standing(
            &files,
            &recorded(vec![entry("1", &["create table a (i int default 1)"])]),
        );
        assert_eq!(standing.remarks[0].kind, RemarkKind::Edited);
        assert!(standing.has(0));
        assert_eq!(
            standing.applied[0].replay.text,
            "create table a (i int default 1)\n;\n"
        );
    }

    #[test]
    fn the_same_statements_under_another_version_are_paired_and_the_repair_holds() {
        let files = files(&[
            ("1_a.sql", "select 1"),
            ("20_b.sql", "create table b ();"),
            ("3_c.sql", "select 3"),
        ]);
        let recorded = recorded(vec![
            entry("1", &[]),
            entry("2", &["create table b ()"]),
            entry("3", &[]),
        ]);
        let found = standing(&files, &recorded);
        assert!(found.unapplied.is_empty());
        assert_eq!(
            found.applied.iter().map(|one| one.file).collect::<Vec<_>>(),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(found.remarks.len(), 1, "{:?}", said(&found));
        assert_eq!(found.remarks[0].kind, RemarkKind::Renamed);
        assert!(
            found.remarks[0].help.contains("git mv"),
            "{}",
            found.remarks[0].help
        );
        assert!(
            found.remarks[0]
                .help
                .contains("supabase migration repair --status reverted 2")
        );
        let repaired = found.repaired(&files);
        assert_eq!(repaired.spelled(), ["1 a", "2 b", "3 c"]);
        assert_eq!(said(&standing(&repaired, &recorded)), Vec::<String>::new());
    }

    #[test]
    fn what_no_file_is_for_is_replayed_where_it_is_known() {
        let files = files(&[("1_a.sql", "select 1")]);
        let recorded = recorded(vec![
            entry("1", &[]),
            entry("2", &["select 2"]),
            entry("3", &[]),
        ]);
        let standing = standing(&files, &recorded);
        assert_eq!(standing.applied.len(), 2);
        assert_eq!(standing.lost, ["3"]);
        let unknown = standing
            .remarks
            .iter()
            .filter(|remark| remark.kind == RemarkKind::Unknown);
        assert_eq!(unknown.count(), 2);
    }

    #[test]
    fn two_files_of_a_version_are_a_duplicate_and_the_recorded_one_counts() {
        let files = files(&[("1_a.sql", "select 1"), ("1_some.sql", "select 2")]);
        let standing = standing(&files, &recorded(vec![entry("1", &[])]));
        assert!(standing.has(1));
        assert_eq!(standing.unapplied, [0]);
        let kinds: Vec<_> = standing.remarks.iter().map(|remark| remark.kind).collect();
        assert_eq!(kinds, [RemarkKind::Unapplied, RemarkKind::Duplicate]);
    }

    #[test]
    fn what_failed_is_neither_applied_nor_merely_missing() {
        let files = files(&[("1_a.sql", "select 1")]);
        let failed = Entry {
            has_failed: true,
            ..entry("1", &[])
        };
        let standing = standing(&files, &recorded(vec![failed]));
        assert_eq!(standing.unapplied, [0]);
        assert_eq!(standing.remarks.len(), 1);
        assert_eq!(standing.remarks[0].kind, RemarkKind::HalfApplied);
    }

    #[test]
    fn a_new_file_that_sorts_before_a_merged_one_is_late() {
        let base = files(&[("1_a.sql", "select 1"), ("3_c.sql", "select 3")]);
        let head = files(&[
            ("1_a.sql", "select 1"),
            ("2_b.sql", "select 2"),
            ("3_c.sql", "select 3"),
            ("4_d.sql", "select 4"),
        ]);
        let late = super::super::late(&head, &base);
        assert_eq!(
            late.iter().map(|remark| remark.file).collect::<Vec<_>>(),
            [Some(1)]
        );
        assert_eq!(super::super::late(&head, &head), []);
    }

    #[test]
    fn checksums_tell_an_edited_file_of_other_tools() {
        let paths = ["m/1_a.up.sql", "m/2_b.up.sql"];
        let files = taken(&paths.map(|path| (path, "select 1;\r\n")), "m");
        // SHA-384 of the text with a bare line feed.
        let checksum = "732dd6fa554ee7cf2b12caa7de486d35b60326cbb0fadccc7c537fb9750917e293550610ebffcbd185284ce99600a267";
        let with = |version: &str, checksum: &str| Entry {
            content: Content::Checksum(checksum.to_owned()),
            ..entry(version, &[])
        };
        let recorded = Recorded {
            tool: Tool::Sqlx,
            table: "public._sqlx_migrations".to_owned(),
            entries: vec![with("1", checksum), with("2", "00")],
            up_to: None,
        };
        let standing = standing(&files, &recorded);
        let kinds: Vec<_> = standing
            .remarks
            .iter()
            .map(|remark| (remark.kind, remark.file))
            .collect();
        assert_eq!(kinds, [(RemarkKind::Edited, Some(1))]);
        assert_eq!(standing.batches(), files.batches());
    }

    #[test]
    fn what_a_baseline_covers_counts_as_run() {
        let files = taken(
            &["m/V1__a.sql", "m/V2__b.sql", "m/V2_1__c.sql", "m/R__v.sql"]
                .map(|path| (path, "select 1;")),
            "m",
        );
        let recorded = Recorded {
            tool: Tool::Flyway,
            table: "public.flyway_schema_history".to_owned(),
            entries: vec![],
            up_to: Some("2.0".to_owned()),
        };
        let standing = standing(&files, &recorded);
        assert_eq!(standing.unapplied, [2, 3]);
        assert_eq!(standing.remarks.len(), 2);
    }

    #[test]
    fn only_the_tools_own_history_is_taken() {
        let files = files(&[("1_a.sql", "select 1")]);
        let mut theirs = recorded(vec![entry("1", &[])]);
        theirs.tool = Tool::Dbmate;
        theirs.table = "auth.schema_migrations".to_owned();
        let mut histories = Histories {
            recorded: vec![theirs],
            hidden: Vec::new(),
        };
        assert!(matches!(known(&files, &histories), Known::Nothing));
        // A platform brings one that nobody uses.
        histories.recorded.push(recorded(vec![]));
        assert!(matches!(known(&files, &histories), Known::Nothing));
        histories.recorded[1] = recorded(vec![entry("1", &[])]);
        assert!(
            matches!(known(&files, &histories), Known::Recorded(found) if found.tool == Tool::Supabase)
        );
    }
}
