//! What was tried, and what happens.

/// A fault and what comes of it.
pub(super) struct Row {
    pub(super) fault: &'static str,
    pub(super) verdict: &'static str,
    /// One of these.
    pub(super) codes: &'static [&'static str],
    pub(super) status: i32,
    /// In seconds.
    pub(super) within: u64,
}

const fn holds(fault: &'static str, within: u64) -> Row {
    Row {
        fault,
        verdict: "holds",
        codes: &[],
        status: 0,
        within,
    }
}

const fn unknown(fault: &'static str, codes: &'static [&'static str], within: u64) -> Row {
    Row {
        fault,
        verdict: "unknown",
        codes,
        status: 3,
        within,
    }
}

pub(super) const ROWS: &[Row] = &[
    unknown("no database listens", &["live-unreachable"], 30),
    unknown(
        "the database is killed while it is read",
        &["inspect-failed"],
        60,
    ),
    unknown(
        "the database is stopped and takes no connection",
        &["timed-out"],
        30,
    ),
    unknown("the database stops while it is read", &["timed-out"], 30),
    unknown(
        "the database has no connection left",
        &["live-unreachable"],
        30,
    ),
    holds("the database is a standby", 60),
    unknown(
        "the database is in recovery and lets nobody in",
        &["live-unreachable"],
        30,
    ),
    holds("each answer of the database is 2 s late", 90),
    holds("the database sends 100 KB a second", 90),
    unknown(
        "the connection breaks off after 0, 10, 1,000, 5,000 or 10,000 bytes",
        &["live-unreachable", "inspect-failed"],
        30,
    ),
    unknown(
        "the login may not read one of the catalogs",
        &["inspect-failed"],
        30,
    ),
    unknown(
        "somebody holds a lock on a catalog",
        &["inspect-failed"],
        60,
    ),
    holds("others change and change back the schema all the while", 60),
    unknown(
        "the scratch's server is killed while it replays",
        &["scratch-failed"],
        60,
    ),
    unknown(
        "the disk of the scratch is full before it begins",
        &["scratch-failed"],
        60,
    ),
    unknown(
        "the disk of the scratch fills while it replays",
        &["scratch-failed"],
        90,
    ),
    holds("TMPDIR does not exist", 60),
    holds("TMPDIR is on a read-only file system", 60),
    holds(
        "all but `/dev/shm` is read-only, the root file system too",
        60,
    ),
    unknown("nothing can be written anywhere", &["scratch-failed"], 30),
    holds("the clock jumps by days and back all the while", 60),
    unknown(
        "the Management API answers 500",
        &["live-unreachable", "inspect-failed"],
        60,
    ),
    unknown(
        "the Management API answers a page of HTML",
        &["inspect-failed"],
        60,
    ),
    unknown(
        "the Management API sends half of its JSON",
        &["live-unreachable", "inspect-failed"],
        60,
    ),
    unknown(
        "the Management API sends nothing for a long time",
        &["timed-out"],
        30,
    ),
];
