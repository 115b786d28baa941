//! Printed text that differs and may say the same: put to a scratch, when a side has one.

use std::collections::BTreeSet;

use crate::classes::is_of_printed_text;
use crate::contract::{self, Contract, Gap};
use crate::error::Result;
use crate::findings;
use crate::source::Loaded;

/// Gives live the expected side's text wherever both say the same; gives what could not be told.
pub(super) async fn agree(expected: &Loaded, live: &mut Loaded) -> Result<BTreeSet<Gap>> {
    let differ = |live: &Contract| {
        let deltas = contract::diff(&expected.contract, live);
        deltas
            .iter()
            .filter(|delta| is_of_printed_text(delta))
            .count()
    };
    if differ(&live.contract) == 0 {
        return Ok(BTreeSet::new());
    }
    let majors = (expected.contract.server.major, live.contract.server.major);
    // The older server prints what both can parse; what is new to it stays a difference.
    let replayed = [(majors.0, &expected.scratch), (majors.1, &live.scratch)];
    let replayed = replayed
        .iter()
        .filter_map(|(major, scratch)| Some((major, scratch.as_ref()?)));
    if let Some((_, scratch)) = replayed.min_by_key(|(major, _)| **major) {
        let mut printer = scratch.printer("postgres").await?;
        printer
            .agree(&expected.contract, &mut live.contract)
            .await?;
        return Ok(BTreeSet::new());
    }
    let names = findings::agree_on_qualifiers(&expected.contract, &mut live.contract);
    Ok(untold(differ(&live.contract), &names))
}

/// Without a replay there is no server that knows both sides' names.
fn untold(count: usize, names: &BTreeSet<String>) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::new();
    if !names.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        gaps.insert(Gap {
            what: format!("qualifiers of columns in {}", names.join(", ")),
            why: "Postgres 16 and later leave them out where there is one table".to_owned(),
        });
    }
    if count > 0 {
        gaps.insert(Gap {
            what: format!("whether {count} expressions or queries that are spelled in two ways say the same"),
            why: "neither side is replayed, so that no scratch can parse them; they are reported as different".to_owned(),
        });
    }
    gaps
}
