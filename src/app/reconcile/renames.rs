//! Renames: found, asked for, tried on a copy; then the plan begins where they end.

use std::collections::BTreeSet;

use super::{Request, Sides};
use crate::contract::{Contract, Object};
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
const ROUNDS: usize = 8;

/// Finds renames and gives live as it will be after those that are made. Where nobody is there to be asked, they
/// are tried on a copy all the same: those that only come to light after others are named too.
pub(super) async fn renamed(
    sides: &Sides,
    request: &Request,
    progress: &dyn Progress,
) -> Result<(Found, Contract)> {
    let mut search = Search {
        live: sides.live.clone(),
        found: Found::default(),
        unwanted: BTreeSet::new(),
        copy: None,
    };
    if request.renames != Renames::Off {
        search.run(sides, request, progress).await?;
    }
    let Search {
        mut live,
        mut found,
        copy,
        ..
    } = search;
    if is_only_named(request, progress) {
        found.proposed = std::mem::take(&mut found.made);
        found.notes.clear();
        return Ok((found, sides.live.clone()));
    }
    if let Some(copy) = copy {
        copy.agree(&sides.expected, &mut live).await?;
    }
    Ok((found, live))
}

/// Whether nobody is there to be asked.
fn is_only_named(request: &Request, progress: &dyn Progress) -> bool {
    request.renames == Renames::Ask && !(request.may_ask && progress.has_person())
}

struct Search {
    live: Contract,
    found: Found,
    /// By what they have the name of.
    unwanted: BTreeSet<String>,
    copy: Option<Renaming>,
}

impl Search {
    async fn run(
        &mut self,
        sides: &Sides,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<()> {
        let claim = Claim {
            expected: &sides.expected,
            live: &sides.live,
            default_grants: &sides.default_grants,
            scope: &sides.scope,
        };
        for _ in 0..ROUNDS {
            let wanted = self.wanted(sides, request, progress);
            if wanted.is_empty() {
                break;
            }
            if self.copy.is_none() {
                progress.phase("trying renames");
                match Renaming::start(&sides.choice, &sides.environment, &claim).await {
                    Ok(copy) => self.copy = Some(copy),
                    Err(_) if is_only_named(request, progress) => {
                        self.found.made.extend(wanted);
                        break;
                    }
                    // What cannot be proven is not asked to be.
                    Err(error) if !request.with_proof => {
                        let why = error.chain();
                        let note = format!("Renames could not be tried: {why}");
                        self.found.notes.push(note);
                        self.found.proposed.extend(wanted);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            self.try_out(sides, &claim, wanted).await?;
        }
        Ok(())
    }

    /// What is found now and somebody wants; the rest is not asked for again.
    fn wanted(&mut self, sides: &Sides, request: &Request, progress: &dyn Progress) -> Vec<Rename> {
        let major = sides.live.server.major;
        let mut live = self.live.clone();
        let more = sides.other_roles.iter().cloned();
        live.objects
            .extend(more.map(|role| (role.id.clone(), role)));
        let mut wanted = plan::renames(&sides.expected, &live, major);
        wanted.retain(|rename| {
            let is_new = !self.unwanted.contains(&rename.old());
            let is_wanted = is_new
                && (is_only_named(request, progress)
                    || answer(request, rename, progress).unwrap_or(false));
            if !is_wanted {
                self.unwanted.insert(rename.old());
            }
            is_wanted
        });
        wanted
    }

    async fn try_out(
        &mut self,
        sides: &Sides,
        claim: &Claim<'_>,
        mut wanted: Vec<Rename>,
    ) -> Result<()> {
        let Some(copy) = &mut self.copy else {
            return Ok(());
        };
        let refused = copy.apply(claim, &wanted, &mut self.live).await?;
        for (what, message) in &refused {
            let note = format!("Not renamed: {what} ({message})");
            self.found.notes.push(note);
        }
        wanted.retain(|rename| !refused.contains_key(&rename.old()));
        self.unwanted.extend(refused.into_keys());
        for rename in &wanted {
            // The copy has it as a name only.
            let role = sides.other_roles.iter().find(|role| role.id == rename.from);
            if let Some(role) = role {
                let role = Object {
                    id: rename.to.clone(),
                    ..role.clone()
                };
                self.live.objects.insert(role.id.clone(), role);
            }
        }
        self.found.made.extend(wanted);
        Ok(())
    }
}

fn answer(request: &Request, rename: &Rename, progress: &dyn Progress) -> Option<bool> {
    if request.renames == Renames::Auto {
        return Some(true);
    }
    progress.confirm(&visible_line(&format!(
        "{} seems to be {} under another name. Rename it?",
        rename.old(),
        rename.new_name()
    )))
}

impl Found {
    /// Lines for the head of the file.
    pub(super) fn lines(&self) -> Vec<String> {
        let made = self.made.iter();
        let made =
            made.map(|rename| format!("Renamed: {} to {}.", rename.old(), rename.new_name()));
        let proposed = self.proposed.iter().map(|rename| {
            format!(
                "Perhaps {} is {} under another name: --renames auto renames it, what is in it stays.",
                rename.old(),
                rename.new_name()
            )
        });
        made.chain(proposed)
            .chain(self.notes.iter().cloned())
            .collect()
    }
}
