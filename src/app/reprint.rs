//! Printed text that differs and may say the same: put to a scratch, when a side has one.

use std::collections::BTreeSet;

use crate::classes::is_of_printed_text;
use crate::contract::{Delta, Gap};
use crate::error::Result;
use crate::findings;
use crate::source::Loaded;

/// Takes out deltas whose texts say the same; gives what could not be told.
pub(super) async fn take_out_reprinted(
    expected: &Loaded,
    live: &Loaded,
    deltas: &mut Vec<Delta<'_>>,
) -> Result<BTreeSet<Gap>> {
    if !deltas.iter().any(is_of_printed_text) {
        return Ok(BTreeSet::new());
    }
    // The older server prints what both can parse; what is new to it stays a difference.
    let sides = [expected, live].into_iter();
    let replayed =
        sides.filter_map(|side| Some((side.contract.server.major, side.scratch.as_ref()?)));
    if let Some((_, scratch)) = replayed.min_by_key(|(major, _)| *major) {
        let mut printer = scratch.printer("postgres").await?;
        printer
            .take_out_reprinted(&expected.contract, &live.contract, deltas)
            .await?;
        return Ok(BTreeSet::new());
    }
    let majors = (expected.contract.server.major, live.contract.server.major);
    let names = findings::take_out_reprinted(deltas, majors);
    Ok(untold(deltas, &names))
}

/// Without a replay there is no server that knows both sides' names.
fn untold(deltas: &[Delta<'_>], names: &BTreeSet<String>) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::new();
    if !names.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        gaps.insert(Gap {
            what: format!("qualifiers of columns in {}", names.join(", ")),
            why: "Postgres 16 and later leave them out where there is one table".to_owned(),
        });
    }
    let count = deltas
        .iter()
        .filter(|delta| is_of_printed_text(delta))
        .count();
    if count > 0 {
        gaps.insert(Gap {
            what: format!("whether {count} expressions or queries that are spelled in two ways say the same"),
            why: "neither side is replayed, so that no scratch can parse them; they are reported as different".to_owned(),
        });
    }
    gaps
}
