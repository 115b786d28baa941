//! All finding codes: those every class has, those classes add, and those of the replay.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::classes::{Class, CodeEntry, Severity, advice_codes};

/// Where a code comes from, and what it means.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The code.
    pub code: String,
    /// Its default severity; where it depends on the object, the usual one.
    pub severity: Severity,
    /// What it means.
    pub meaning: String,
    /// What to do.
    pub help: String,
}

/// Codes that no class owns.
pub(super) const REPLAY: &[CodeEntry] = &[
    CodeEntry {
        code: "migration-failed",
        severity: Severity::Error,
        meaning: "A statement of a migration fails when the history is replayed from nothing; the rest was replayed without it.",
        help: "Repair the statement, or the order of the files, so that the history builds a database from nothing.",
    },
    CodeEntry {
        code: "migration-data-failed",
        severity: Severity::Warning,
        meaning: "A statement that only writes rows fails when the history is replayed from nothing, usually for want of rows that production has. It cannot have changed the contract.",
        help: "Move the rows to a seed file, or make the statement bear their absence.",
    },
    CodeEntry {
        code: "migration-not-run",
        severity: Severity::Warning,
        meaning: "A statement was not run as the migration tool would refuse it there, or has no effect on the contract; what it stands for was run where that was possible.",
        help: "Give the statement a file of its own.",
    },
    CodeEntry {
        code: "merge-fails",
        severity: Severity::Error,
        meaning: "A migration of the change replays on the repository's history and fails on a copy of live, which is not what the history says.",
        help: "Look at what live has in the way; make the statement bear it (`if not exists`), or put live right first.",
    },
    CodeEntry {
        code: "merge-ends-elsewhere",
        severity: Severity::Error,
        meaning: "The migrations of the change run on a copy of live and end in another contract than on the repository's history.",
        help: "Live has something that the history does not know, and the migration passes over it. Put live right first, or say in the migration what is meant.",
    },
    CodeEntry {
        code: "merge-not-tried",
        severity: Severity::Error,
        meaning: "Live could not be rebuilt in a scratch, so nobody knows what the change does to it.",
        help: "The message says what could not be rebuilt. Where that is to stay so, give this code another severity in pgpact.toml.",
    },
    CodeEntry {
        code: "migration-rewritten",
        severity: Severity::Warning,
        meaning: "The change edits a migration that was merged before. Databases that ran it do not run it again.",
        help: "Leave the file as it was and put the change into a new one.",
    },
    CodeEntry {
        code: "migration-loses-data",
        severity: Severity::Warning,
        meaning: "The change takes away a table, a column or values of one: their data cannot be had back.",
        help: "Make sure that nothing reads it any more and that there is a copy. To accept it: `-- pgpact: allow migration-loses-data because …` in the file.",
    },
    CodeEntry {
        code: "change-widens-access",
        severity: Severity::Warning,
        meaning: "A change itself opens something: what it makes would be critical if somebody had done it on the database by hand, such as row security switched off or a grant to everybody.",
        help: "Look whether it is meant. To accept it: `-- pgpact: allow change-widens-access because …` in the file; to let it fail a pull request give it another severity under [severity] in pgpact.toml.",
    },
    CodeEntry {
        code: "migration-rewrites-table",
        severity: Severity::Warning,
        meaning: "A statement writes a whole table of live anew while nobody can use it. A note where the table is small.",
        help: "Add a new column, fill it in parts, and switch over; a column with a default that does not change from row to row needs no rewrite. Set lock_timeout, so that a waiting lock does not stop everybody. To accept it: `-- pgpact: allow migration-rewrites-table because …` in the file.",
    },
    CodeEntry {
        code: "migration-reads-table",
        severity: Severity::Warning,
        meaning: "A statement reads a whole table of live while nobody can write it, to prove a constraint as a rule. A note where the table is small.",
        help: "Add the constraint `not valid` first and `validate` it in a later migration; for not null prove it through a check. To accept it: `-- pgpact: allow migration-reads-table because …` in the file.",
    },
    CodeEntry {
        code: "migration-builds-index",
        severity: Severity::Warning,
        meaning: "An index is built on a table of live while nobody can write it. A note where the table is small.",
        help: "Build it concurrently, in a file of its own. To accept it: `-- pgpact: allow migration-builds-index because …` in the file.",
    },
    CodeEntry {
        code: "migration-unapplied",
        severity: Severity::Error,
        meaning: "A migration is in the repository, and the live database's history has no record of it.",
        help: "Deploy it.",
    },
    CodeEntry {
        code: "migration-in-flight",
        severity: Severity::Warning,
        meaning: "A deploy is under way while live is looked at: a migration tool holds its lock, or somebody is writing the history of migrations. What is reported as not applied may be in a moment.",
        help: "Look again afterwards, or let the run wait for it: `--wait SECONDS`.",
    },
    CodeEntry {
        code: "migration-applied-early",
        severity: Severity::Warning,
        meaning: "Live has a migration that this change only brings: somebody ran the branch on the shared database.",
        help: "Merge it, or take it back in live before somebody else builds on it.",
    },
    CodeEntry {
        code: "migration-unknown",
        severity: Severity::Error,
        meaning: "The live database's history has a migration that no file is for, by version or by content.",
        help: "Merge the branch that has the file, or write it from what live keeps; if it was taken back, take its record back as well.",
    },
    CodeEntry {
        code: "migration-out-of-order",
        severity: Severity::Warning,
        meaning: "A migration that is not applied comes before one that is: live would run it late, a database built from nothing early.",
        help: "Give the file a version after the newest applied one.",
    },
    CodeEntry {
        code: "migration-edited",
        severity: Severity::Error,
        meaning: "A migration's file was changed after live ran it: its history keeps the statements, or a checksum of them, and the file differs. Comments and white space are not counted where the statements are kept.",
        help: "Put the file back to what was run, and make the change in a new migration.",
    },
    CodeEntry {
        code: "migration-duplicate-version",
        severity: Severity::Error,
        meaning: "Two migrations have the same version: a tool runs one of them, or fails on the second.",
        help: "Give the one that is not applied anywhere a version of its own.",
    },
    CodeEntry {
        code: "migration-renamed",
        severity: Severity::Warning,
        meaning: "A migration is applied and recorded under another version than its file has: the content is the same. Dashboards and assistants that run a migration give it a time of their own.",
        help: "Rename the file after the record, or correct the record.",
    },
    CodeEntry {
        code: "migration-repair-differs",
        severity: Severity::Warning,
        meaning: "Files are recorded under other versions, and renamed after the record they would run in an order in which they build another contract, or fail.",
        help: "Correct the record instead of the files' names; or see first which of the orders is the one that live ran.",
    },
    CodeEntry {
        code: "migration-half-applied",
        severity: Severity::Error,
        meaning: "A migration began in live and failed, as its history says; parts of it may be there.",
        help: "See what of it is there, take it back or complete it, and correct the record.",
    },
    CodeEntry {
        code: "exposure-unknown",
        severity: Severity::Warning,
        meaning: "Grants to Supabase's API roles differ in a way that the platform's changed default explains: new objects in public used to be open to them and are not any more. They were not held against live.",
        help: "Set `auto_expose_new_tables` under `[api]` in supabase/config.toml to what holds for this project, or grant explicitly in a migration.",
    },
    CodeEntry {
        code: "not-compared-differs",
        severity: Severity::Warning,
        meaning: "Both sides have objects of a sort that this version does not compare, and their number or their names differ.",
        help: "Look at both sides by hand; an ignore of this code says that somebody did.",
    },
    CodeEntry {
        code: "access-leak",
        severity: Severity::Critical,
        meaning: "Somebody reaches rows that are not theirs: it was tried on a scratch, with rows of two tenants, and got through.",
        help: "Mend the policy, grant or function that the message names. Where it is meant to be so, say it in pgpact.toml: [[access]] table = \"…\", actor = \"…\", allow = [\"…\"].",
    },
    CodeEntry {
        code: "access-open",
        severity: Severity::Note,
        meaning: "Everybody may read rows that belong to somebody, and the policy that lets them says by its name that this is meant.",
        help: "State it, so that nobody has to guess: [[access]] table = \"…\", allow = [\"select\"] in pgpact.toml; or narrow the policy.",
    },
    CodeEntry {
        code: "access-rule-broken",
        severity: Severity::Critical,
        meaning: "An actor gets through with what a rule of pgpact.toml denies them.",
        help: "Mend the policy, grant or function that the message names, or the rule.",
    },
    CodeEntry {
        code: "access-widened",
        severity: Severity::Critical,
        meaning: "Somebody may do what they could not by the committed access matrix.",
        help: "Look whether it is meant; then write the matrix anew: pgpact access SOURCE --output pgpact.access.json.",
    },
    CodeEntry {
        code: "access-narrowed",
        severity: Severity::Error,
        meaning: "Somebody may not do any more what they could by the committed access matrix.",
        help: "Look whether it is meant; then write the matrix anew: pgpact access SOURCE --output pgpact.access.json.",
    },
    CodeEntry {
        code: "access-fails",
        severity: Severity::Error,
        meaning: "Whether somebody gets through cannot even be worked out: a policy calls itself without end, say, or a function that is not there.",
        help: "Mend what the message names: a lookup of memberships belongs into a function with rights of its own (security definer, with a fixed search_path).",
    },
    CodeEntry {
        code: "access-reveals",
        severity: Severity::Note,
        meaning: "A key tells somebody whether a row exists that policies hide from them: keys look at all rows.",
        help: "Where the existence is a secret, make the key one of the tenant's (unique (tenant, name)), the foreign key one over both columns, or let a function write.",
    },
    CodeEntry {
        code: "access-unproven",
        severity: Severity::Warning,
        meaning: "What somebody may do with it could not be tried: nobody knows whether it is safe.",
        help: "The message says what was in the way. Where that is to stay so, ignore it with a reason.",
    },
    CodeEntry {
        code: "baseline-gone",
        severity: Severity::Note,
        meaning: "Something that the baseline accepts is not found any more, or differs in another way now.",
        help: "Run `pgpact baseline`: it takes out what is gone and accepts nothing new.",
    },
    CodeEntry {
        code: "ignore-unused",
        severity: Severity::Warning,
        meaning: "An ignore in the configuration matches no finding, or has expired.",
        help: "Take it out, or renew its date.",
    },
];

/// Every finding code with its meaning, sorted by code.
pub fn all_codes() -> Vec<Origin> {
    let mut codes: Vec<Origin> = Class::ALL
        .iter()
        .flat_map(|class| of_class(class))
        .collect();
    codes.extend(
        REPLAY
            .iter()
            .chain(super::smoke::CODES)
            .chain(super::usage::CODES)
            .chain(advice_codes())
            .map(entry),
    );
    codes.sort_by(|a, b| a.code.cmp(&b.code));
    codes
}

/// What is known about a code, found once for all; nothing of those that another version gave out.
pub fn known(code: &str) -> Option<&'static Origin> {
    static CODES: OnceLock<BTreeMap<String, Origin>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let codes = all_codes().into_iter();
        codes.map(|origin| (origin.code.clone(), origin)).collect()
    });
    codes.get(code)
}

/// What is known about a code that we give out.
pub(super) fn origin_of(code: &str) -> Origin {
    known(code)
        .cloned()
        .expect("every code that is given out is listed: a test tries all")
}

fn of_class(class: &Class) -> Vec<Origin> {
    let Class {
        name,
        noun,
        severities,
        ..
    } = class;
    let usual = |kind: &str, severity, meaning: String, help: &str| Origin {
        code: format!("{name}-{kind}"),
        severity,
        meaning,
        help: help.to_owned(),
    };
    let mut codes = vec![
        usual(
            "missing",
            severities.missing,
            format!("The contract has this {noun}, the live database has not."),
            "Put it back as the migration makes it; or, if it is meant to go, drop it in a migration.",
        ),
        usual(
            "unexpected",
            severities.unexpected,
            format!("The live database has this {noun}, no migration makes it."),
            "Put it into a migration if it is meant to stay, else drop it in live.",
        ),
    ];
    if !class.facts.is_empty() {
        codes.push(usual(
            "changed",
            severities.changed,
            format!("This {noun} is not what the contract says."),
            "Bring live back to what the migrations say, or put the change into a migration.",
        ));
    }
    codes.extend(class.codes.iter().map(entry));
    codes
}

fn entry(entry: &CodeEntry) -> Origin {
    Origin {
        code: entry.code.to_owned(),
        severity: entry.severity,
        meaning: entry.meaning.to_owned(),
        help: entry.help.to_owned(),
    }
}
