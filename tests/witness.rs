//! `pg_dump` as a witness who knows nothing of our model: after a plan ran it says the same of both databases.

use std::collections::BTreeMap;
use std::path::Path;

use crate::dumped::dump;
use crate::support::postgres::Server;

/// Cases in which dumps differ and databases do not, each with the reason.
const NOT_ASKED: &[(&str, &str)] = &[
    (
        "grant/owner_without_a_right_changes",
        "an owner may pass on whatever it has, said or not",
    ),
    (
        "index/invalid",
        "an index that is not valid is not dumped, and none is made invalid",
    ),
    (
        "index/not_ready",
        "an index that is not ready is not dumped, and none is made so",
    ),
    (
        "constraint/not-enforced-on-one-of-the-partitions",
        "triggers that hold a foreign key are called by a number of their own",
    ),
    (
        "constraint/not-enforced-on-another-partition",
        "triggers that hold a foreign key are called by a number of their own",
    ),
    (
        "function/transforms",
        "the order in which types are named means nothing",
    ),
    (
        "trigger/columns_after_dropped_columns",
        "the order of the columns of `update of` means nothing",
    ),
    (
        "table/inherits_order",
        "a column of a parent that left and came back is the child's own as well, for good",
    ),
    (
        "table/second_parent",
        "a column of a parent that left and came back is the child's own as well, for good",
    ),
    (
        "view/security_barrier_lost",
        "an option that is off is as one that is not set",
    ),
];

/// Whether dumps of a case tell anything.
pub(crate) fn can_tell(case: &Path) -> bool {
    !NOT_ASKED.iter().any(|(name, _)| case.ends_with(name))
}

/// Whether dumps of two databases say the same; else the lines that only one has: `-` what is wanted, `+` what is there.
pub(crate) async fn said_alike(server: &Server, one: &str, other: &str) -> Result<(), String> {
    let dumped = |database: &str| tokio::task::block_in_place(|| dump(server, database));
    let text = dumped(other)?;
    let left = told_apart(&dumped(one)?, &text);
    if left.is_empty() {
        return Ok(());
    }
    // Postgres prints what it parsed from its own print in another way: one more round for the other side.
    let copy = format!("{other}_dump");
    server.create(&copy, "template1").await;
    let restored = server.run(server.scratch.admin(), &copy, &text).await;
    let again = dumped(&copy);
    server.drop(&copy).await;
    let left = match restored {
        Ok(()) => told_apart(&dumped(one)?, &again?),
        Err(_) => left,
    };
    if left.is_empty() {
        Ok(())
    } else {
        Err(left.join("\n    "))
    }
}

/// Lines that only one of two dumps has, or has more often. Their order is that of columns, which nothing changes,
/// and of names.
fn told_apart(there: &str, wanted: &str) -> Vec<String> {
    let lines = |text: &str| {
        let mut counts: BTreeMap<String, i32> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with("--")) {
            *counts.entry(in_order(line)).or_default() += 1;
        }
        counts
    };
    let (there, wanted) = (lines(there), lines(wanted));
    let missing = wanted
        .iter()
        .filter(|(line, count)| there.get(*line) != Some(count));
    let extra = there
        .iter()
        .filter(|(line, count)| wanted.get(*line) != Some(count));
    missing
        .map(|(line, count)| format!("-{count} {line}"))
        .chain(extra.map(|(line, count)| format!("+{count} {line}")))
        .collect()
}

/// A line with the options in its `WITH (…)` by name: they stand in the order in which they were set.
fn in_order(line: &str) -> String {
    let line = line.trim().trim_end_matches(',');
    let Some((before, rest)) = line.split_once("WITH (") else {
        return line.to_owned();
    };
    let Some((options, after)) = rest.split_once(')') else {
        return line.to_owned();
    };
    let mut options: Vec<&str> = options.split(", ").collect();
    options.sort_unstable();
    format!("{before}WITH ({}){after}", options.join(", "))
}
