//! What renames make of live: tried on a copy, since whatever names the object is printed anew.

use std::collections::{BTreeMap, BTreeSet};

use super::{Claim, Stage};
use crate::contract::{Contract, Object, ObjectId};
use crate::error::Result;
use crate::plan::{Rename, respelled};
use crate::scratch::{Choice, Environment};

/// A copy of live on which renames are tried.
pub struct Renaming {
    stage: Stage,
    /// The copy as it is now.
    copy: Contract,
}

impl Renaming {
    /// Rebuilds live in a scratch.
    pub async fn start(
        choice: &Choice,
        environment: &Environment,
        claim: &Claim<'_>,
    ) -> Result<Self> {
        let (stage, copy) = Stage::set(choice, environment, claim).await?;
        Ok(Self { stage, copy })
    }

    /// Tries renames one by one and makes `live` what it will be after them. Gives those that Postgres
    /// refused, by what they had the name of, with its words.
    pub async fn apply(
        &mut self,
        claim: &Claim<'_>,
        renames: &[Rename],
        live: &mut Contract,
    ) -> Result<BTreeMap<String, String>> {
        let mut refused = BTreeMap::new();
        for rename in renames {
            if let Some((_, message)) = self.stage.run(claim, &[rename.step()]).await? {
                refused.insert(rename.old(), message);
            }
        }
        let after = self.stage.read(claim).await?;
        let done = renames
            .iter()
            .filter(|rename| !refused.contains_key(&rename.old()));
        *live = Patch::new(&self.copy, &after, done).applied(live);
        self.copy = after;
        Ok(refused)
    }

    /// Gives live the expected side's text wherever both say the same now. The copy is over then.
    pub async fn agree(self, expected: &Contract, live: &mut Contract) -> Result<()> {
        self.stage.printer().await?.agree(expected, live).await
    }
}

/// What became of a copy, to be done to what it is a copy of.
struct Patch<'a> {
    before: &'a Contract,
    after: &'a Contract,
    /// New ids of what has another one.
    ids: BTreeMap<&'a ObjectId, &'a ObjectId>,
}

impl<'a> Patch<'a> {
    fn new(
        before: &'a Contract,
        after: &'a Contract,
        renames: impl Iterator<Item = &'a Rename>,
    ) -> Self {
        let mut added: BTreeSet<&ObjectId> = after
            .objects
            .keys()
            .filter(|id| !before.objects.contains_key(id))
            .collect();
        let renames: Vec<&Rename> = renames.collect();
        let mut ids = BTreeMap::new();
        for gone in before
            .objects
            .keys()
            .filter(|id| !after.objects.contains_key(id))
        {
            let respelled = renames.iter().filter_map(|rename| {
                let path = respelled(&gone.path, &rename.from.path, &rename.to.path)?;
                Some(ObjectId::new(gone.class.clone(), path))
            });
            if let Some(new) = respelled.filter_map(|id| added.take(&id)).next() {
                ids.insert(gone, new);
            }
        }
        Self { before, after, ids }
    }

    fn new_id(&self, id: &ObjectId) -> ObjectId {
        self.ids
            .get(id)
            .map_or_else(|| id.clone(), |id| (*id).clone())
    }

    fn applied(&self, live: &Contract) -> Contract {
        let mut objects = BTreeMap::new();
        for (id, object) in &live.objects {
            let new = self.new_id(id);
            match (self.before.objects.get(id), self.after.objects.get(&new)) {
                (Some(_), None) => {}
                (before, after) => {
                    objects.insert(new.clone(), self.patched(object, new, before.zip(after)));
                }
            }
        }
        let kept: BTreeSet<&ObjectId> = self.ids.values().copied().collect();
        for (id, object) in &self.after.objects {
            if !self.before.objects.contains_key(id) && !kept.contains(id) {
                objects.insert(id.clone(), object.clone());
            }
        }
        let needs = live.needs.iter().map(|(id, needs)| {
            let needs = needs.iter().map(|id| self.new_id(id)).collect();
            (self.new_id(id), needs)
        });
        Contract {
            objects,
            needs: needs.collect(),
            ..live.clone()
        }
    }

    /// The object with what changed of its copy.
    fn patched(&self, object: &Object, id: ObjectId, copies: Option<(&Object, &Object)>) -> Object {
        let mut object = object.clone();
        object.parent = object.parent.map(|parent| self.new_id(&parent));
        object.id = id;
        let Some((before, after)) = copies else {
            return object;
        };
        for (fact, value) in &after.facts {
            if before.facts.get(fact) != Some(value) {
                object.facts.insert(fact.clone(), value.clone());
            }
        }
        object
    }
}
