//! Renames: found, asked for, tried on a copy; then the plan begins where they end.

use std::collections::BTreeSet;

use super::{Request, Sides};
use crate::classes::Class;
use crate::contract::{Contract, ObjectId};
use crate::error::Result;
use crate::plan::{self, Rename};
use crate::progress::Progress;
use crate::prove::{Claim, Renaming};
use crate::report::visible_line;

/// What becomes of what seems to have got another name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Renames {
    /// A person on a terminal is asked; without one they are named in the plan and not made.
    #[default]
    Ask,
    /// They are made.
    Auto,
    /// They are not looked for.
    Off,
}

/// What was found and what became of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Those that the plan begins with.
    pub(super) made: Vec<Rename>,
    /// Those that are only named.
    pub(super) proposed: Vec<Rename>,
    /// What did not work, for the reader.
    pub(super) notes: Vec<String>,
}

/// A rename brings others to light: of the columns of a table, of its keys.
const ROUNDS: usize = 5;

/// Finds renames and gives live as it will be after those that are made.
pub(super) async fn renamed(
    sides: &Sides,
    request: &Request,
    progress: &dyn Progress,
) -> Result<(Found, Contract)> {
    let mut live = sides.live.clone();
    let mut found = Found::default();
    let claim = Claim {
        expected: &sides.expected,
        live: &sides.live,
        default_grants: &sides.default_grants,
        scope: &sides.scope,
    };
    let mut copy: Option<Renaming> = None;
    let mut unwanted: BTreeSet<ObjectId> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut candidates = match request.renames {
            Renames::Off => Vec::new(),
            Renames::Ask | Renames::Auto => {
                plan::renames(&sides.expected, &live, live.server.major)
            }
        };
        candidates.retain(|rename| !unwanted.contains(&rename.from));
        let mut wanted = chosen(candidates, request, &mut unwanted, &mut found, progress);
        if wanted.is_empty() {
            break;
        }
        let mut trial = match copy.take() {
            Some(trial) => trial,
            None => {
                progress.phase("trying renames");
                match Renaming::start(&sides.choice, &sides.environment, &claim).await {
                    Ok(trial) => trial,
                    // What cannot be proven is not asked to be.
                    Err(error) if !request.with_proof => {
                        let why = error.chain();
                        found
                            .notes
                            .push(format!("Renames could not be tried: {why}"));
                        found.proposed.extend(wanted);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let refused = trial.apply(&claim, &wanted, &mut live).await?;
        for (id, message) in &refused {
            found.notes.push(format!("Not renamed: {id} ({message})"));
        }
        wanted.retain(|rename| !refused.contains_key(&rename.from));
        unwanted.extend(refused.into_keys());
        found.made.extend(wanted);
        copy = Some(trial);
    }
    if let Some(trial) = copy {
        trial.agree(&sides.expected, &mut live).await?;
    }
    Ok((found, live))
}

/// Those that are to be made; the others are not asked for again.
fn chosen(
    candidates: Vec<Rename>,
    request: &Request,
    unwanted: &mut BTreeSet<ObjectId>,
    found: &mut Found,
    progress: &dyn Progress,
) -> Vec<Rename> {
    let mut wanted = Vec::new();
    for rename in candidates {
        match answer(request, &rename, progress) {
            Some(true) => wanted.push(rename),
            Some(false) => {
                unwanted.insert(rename.from);
            }
            None => {
                unwanted.insert(rename.from.clone());
                found.proposed.push(rename);
            }
        }
    }
    wanted
}

fn answer(request: &Request, rename: &Rename, progress: &dyn Progress) -> Option<bool> {
    if request.renames == Renames::Auto {
        return Some(true);
    }
    if !request.may_ask {
        return None;
    }
    progress.confirm(&visible_line(&format!(
        "{} seems to be {} under another name. Rename it?",
        named(&rename.from),
        rename.to.path
    )))
}

fn named(id: &ObjectId) -> String {
    let noun = Class::named(id.class.as_str()).map_or("", |class| class.noun);
    format!("{noun} {}", id.path)
}

impl Found {
    /// Lines for the head of the file.
    pub(super) fn lines(&self) -> Vec<String> {
        let made = self.made.iter();
        let made =
            made.map(|rename| format!("Renamed: {} to {}.", named(&rename.from), rename.to.path));
        let proposed = self.proposed.iter().map(|rename| {
            format!(
                "Perhaps {} is {} under another name: --renames auto renames it, what is in it stays.",
                named(&rename.from),
                rename.to.path
            )
        });
        made.chain(proposed)
            .chain(self.notes.iter().cloned())
            .collect()
    }
}
