//! What one module says, and which of it is kept.

use std::collections::BTreeSet;

use ruff_text_size::TextSize;

use super::thing::Handle;
use crate::usage::code::{Certainty, Chain, Query, Value};

/// A chain that is being put together.
pub(super) struct Draft {
    pub(super) chain: Chain,
    /// Whether it is sent off: every query of supabase-py ends so.
    pub(super) is_executed: bool,
    /// The function that it stands in, unless seen from a caller.
    pub(super) function: Option<(usize, TextSize)>,
}

/// The start of a query that nobody may go on with.
pub(super) struct Base {
    pub(super) handle: Handle,
    pub(super) is_used: bool,
    pub(super) function: Option<(usize, TextSize)>,
}

/// What one module says.
pub(super) struct Said {
    pub(super) drafts: Vec<Draft>,
    pub(super) bases: Vec<Base>,
    pub(super) queries: Vec<Query>,
    /// Functions whose calls were followed from it.
    pub(super) followed: BTreeSet<(usize, TextSize)>,
    pub(super) speaks_otherwise: bool,
}

impl Said {
    /// Its chains, but those in functions that were followed from where the table's name is known.
    pub(super) fn chains(self, followed: &BTreeSet<(usize, TextSize)>) -> Vec<Chain> {
        let is_kept = |function: &Option<(usize, TextSize)>, chain: &Chain| {
            let is_followed = function.is_some_and(|function| followed.contains(&function));
            !(is_followed && is_open(chain))
        };
        let mut chains: Vec<Chain> = Vec::new();
        for draft in self.drafts {
            let is_known = draft.chain.certainty == Certainty::Known;
            let is_meant = is_known || (draft.is_executed && !self.speaks_otherwise);
            if is_meant && is_kept(&draft.function, &draft.chain) {
                chains.push(draft.chain);
            }
        }
        for base in self.bases {
            let handle = base.handle;
            let chain = Chain {
                calls: handle.calls,
                client: handle.client,
                certainty: handle.certainty,
                is_of_storage: handle.is_of_storage,
            };
            let is_told = base.is_used || chain.certainty == Certainty::Likely;
            if !is_told && is_kept(&base.function, &chain) {
                chains.push(chain);
            }
        }
        chains.sort_by_key(|chain| chain.calls.first().map(|call| call.place));
        chains
    }
}

/// Whether a chain names no table: it stands in a function that takes the name.
fn is_open(chain: &Chain) -> bool {
    chain.calls.iter().any(|call| {
        matches!(&*call.method, "from" | "rpc" | "schema")
            && call
                .arguments
                .first()
                .is_none_or(|at| at.value == Value::Unknown)
    })
}
