//! Codes of what application code expects and the contract does not keep.

use std::collections::BTreeMap;

use super::Finding;
use crate::classes::{CodeEntry, Severity};
use crate::contract::{ClassName, Location, ObjectId};

/// What stands where others have a class.
pub(super) const WORD: &str = "usage";

/// A code for what fails when it runs.
const fn missing(code: &'static str, meaning: &'static str, help: &'static str) -> CodeEntry {
    CodeEntry {
        code,
        severity: Severity::Error,
        meaning,
        help,
    }
}

pub(super) const CODES: &[CodeEntry] = &[
    missing(
        "usage-table-missing",
        "Code asks for a table or view that the contract does not have.",
        "Correct the name in the code, or bring the table by a migration. Where the change takes it away, change the code first.",
    ),
    missing(
        "usage-column-missing",
        "Code selects, writes or filters by a column that its table or view does not have.",
        "Correct the name in the code, or bring the column by a migration. A column that is renamed needs both names for as long as old code runs.",
    ),
    missing(
        "usage-function-missing",
        "Code calls a function that the contract does not have, or that only triggers call.",
        "Correct the name in the code, or bring the function by a migration.",
    ),
    missing(
        "usage-argument-missing",
        "A call does not give an argument that the function has no default for.",
        "Give the argument, or give it a default in the function.",
    ),
    missing(
        "usage-argument-unknown",
        "A call gives an argument by a name that no function of that name has.",
        "Correct the name: requests find functions by the names of their arguments.",
    ),
    missing(
        "usage-relation-missing",
        "Code embeds rows that no foreign key ties to those around them, or filters by what it does not embed.",
        "Add the foreign key, or correct the name or the hint behind `!`.",
    ),
    missing(
        "usage-relation-ambiguous",
        "Code embeds rows that several foreign keys tie to those around them: the request is refused.",
        "Say which is meant with a hint, e.g. `author:users!posts_author_id_fkey(name)`.",
    ),
    missing(
        "usage-query-malformed",
        "What code selects, or the conditions it gives as a text, cannot be read by the API.",
        "Correct the text; the place is where reading stopped.",
    ),
    missing(
        "usage-type-mismatch",
        "A literal in code is no value of the column or argument it is given to, such as an enum's value that is not there.",
        "Correct the value, or the type by a migration.",
    ),
    missing(
        "usage-not-null-missing",
        "Code adds a row without a column that refuses null and has no default, or gives it null.",
        "Give the value, or give the column a default.",
    ),
    missing(
        "usage-column-readonly",
        "Code writes what cannot be written: a generated column, an identity that is always given, a computed field, a materialized view.",
        "Leave it out of the row.",
    ),
    missing(
        "usage-key-missing",
        "An upsert goes by columns that no key and no unique index is on: Postgres refuses it.",
        "Name the columns of a key under `onConflict`, or add a unique constraint.",
    ),
    missing(
        "usage-grant-missing",
        "A client with the key of browsers and apps asks for what neither anon nor authenticated may do.",
        "Grant it and guard it with policies, or ask from a server with the service key.",
    ),
    CodeEntry {
        code: "usage-bucket-missing",
        severity: Severity::Warning,
        meaning: "Code keeps files in a bucket that the contract does not have, while it has others.",
        help: "Correct the name, or make the bucket in a migration.",
    },
    CodeEntry {
        code: "usage-realtime-missing",
        severity: Severity::Warning,
        meaning: "Code listens to changes of a table that the publication of them does not have: nothing ever comes.",
        help: "Add the table to the publication: `alter publication supabase_realtime add table …`.",
    },
    CodeEntry {
        code: "usage-types-stale",
        severity: Severity::Warning,
        meaning: "Generated types say something else than the contract they were made from.",
        help: "Generate them again: `supabase gen types typescript`.",
    },
    CodeEntry {
        code: "usage-index-missing",
        severity: Severity::Note,
        meaning: "Code filters a large table by a column that no index begins with.",
        help: "Add an index where the filter is used often: `create index concurrently …`.",
    },
    CodeEntry {
        code: "usage-not-live-yet",
        severity: Severity::Warning,
        meaning: "Code uses something that the contract has and live does not have yet: deployed before the migrations it fails.",
        help: "Run the migrations before the code is deployed.",
    },
    CodeEntry {
        code: "usage-file-unread",
        severity: Severity::Warning,
        meaning: "A file of code could not be read, so that nobody knows what it uses.",
        help: "Repair the file, or leave it out: `exclude` under [usage] in pgpact.toml.",
    },
];

/// Whether what a code says fails when it runs; stale types and slow filters do not.
pub fn fails(code: &str) -> bool {
    !matches!(code, "usage-types-stale" | "usage-index-missing")
}

impl Finding {
    /// A finding about a line of code. `about` is what it is about, e.g. `public.invitations`.
    pub fn of_usage(
        code: &'static str,
        about: &str,
        location: Location,
        message: String,
        severities: &BTreeMap<String, Severity>,
    ) -> Self {
        let mut finding = Self::of_statement(code, location, message, None, severities);
        finding.id = ObjectId::new(ClassName::new(WORD), about);
        finding
    }
}
