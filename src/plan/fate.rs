//! What becomes of each object: made, changed, taken away, or taken away and made anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::classes::{Alteration, Class, Disturbance, Site, Statement, Whole, join_extension};
use crate::contract::{Change, Delta, ObjectId};

/// What becomes of an object.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// Whether it has to go; true together with `creates` when it is made anew.
    pub(super) drops: bool,
    /// Whether it has to be made.
    pub(super) creates: bool,
    /// Statements that change it in place.
    pub(super) alters: Vec<Statement>,
    /// Whether what depends on it cannot be there meanwhile.
    pub(super) is_disturbing: bool,
    /// Whether what depends on the object stays as it is: what is to go may as well stay.
    pub(super) is_gentle: bool,
    /// Why it cannot be changed, if so.
    pub(super) impossible: Option<&'static str>,
}

/// Fates by object; an object that stays as it is has none.
pub(super) type Fates<'a> = BTreeMap<&'a ObjectId, Fate>;

/// Decides for every object that differs, and for what has to move out of the way meanwhile.
pub(super) fn decide<'a>(
    deltas: &[Delta<'a>],
    wanted: &Whole<'a>,
    present: &Whole<'a>,
    major: u32,
) -> Fates<'a> {
    let mut decision = Decision {
        fates: Fates::new(),
        wanted,
        present,
        major,
    };
    let mut changed: BTreeMap<&ObjectId, BTreeSet<&str>> = BTreeMap::new();
    for delta in deltas {
        match delta.change {
            Change::Missing => {
                decision.fate(delta.id).creates = true;
                decision.renew_parent(delta.id);
            }
            Change::Unexpected => match join_extension(delta.id, wanted, present) {
                Some(statement) => decision.fate(delta.id).alters.push(statement),
                None if decision.is_inside_member(delta.id) => {}
                None => decision.drop(delta.id),
            },
            Change::Changed { fact, .. } => {
                changed.entry(delta.id).or_default().insert(fact);
            }
        }
    }
    for (id, facts) in changed {
        decision.alter(id, &facts);
        if decision
            .fates
            .get(id)
            .is_some_and(|fate| fate.creates || !fate.alters.is_empty())
        {
            decision.renew_parent(id);
        }
    }
    decision.fates
}

struct Decision<'a, 'w> {
    fates: Fates<'a>,
    wanted: &'w Whole<'a>,
    present: &'w Whole<'a>,
    major: u32,
}

impl<'a: 'w, 'w> Decision<'a, 'w> {
    fn fate(&mut self, id: &'a ObjectId) -> &mut Fate {
        self.fates.entry(id).or_default()
    }

    /// Whether it is an extension's with what it is inside of.
    fn is_inside_member(&self, id: &ObjectId) -> bool {
        let parent = self
            .present
            .get(id)
            .and_then(|object| object.parent.as_ref());
        parent.is_some_and(|parent| {
            join_extension(parent, self.wanted, self.present).is_some()
                || self.is_inside_member(parent)
        })
    }

    fn alter(&mut self, id: &'a ObjectId, facts: &BTreeSet<&str>) {
        let (Some(wanted), Some(there), Some(class)) =
            (self.wanted.get(id), self.present.get(id), class_of(id))
        else {
            return;
        };
        let site = Site {
            object: wanted,
            whole: self.wanted,
            other: self.present,
            is_inside_new: false,
            major: self.major,
        };
        match (class.rules.alter)(&site, there, facts) {
            Alteration::Steps(statements) => {
                self.fate(id).alters = statements;
                self.fate(id).is_gentle = true;
            }
            Alteration::Disturbing(statements) => {
                self.fate(id).alters = statements;
                self.fate(id).is_disturbing = true;
                self.disturb(id, false, &mut BTreeSet::new());
                for remade in (class.rules.remakes)(&site, there) {
                    if let Some(object) = self.present.get(&remade) {
                        self.drop(&object.id);
                    }
                }
            }
            Alteration::Swap(statements) => {
                self.swap(id, statements);
            }
            Alteration::Replace => self.drop(id),
            Alteration::Impossible(why) => self.fate(id).impossible = Some(why),
        }
    }

    /// What can be added only to a new one of what it is in.
    fn renew_parent(&mut self, id: &'a ObjectId) {
        let (Some(object), Some(class)) = (self.wanted.get(id), class_of(id)) else {
            return;
        };
        let site = Site {
            object,
            whole: self.wanted,
            other: self.present,
            is_inside_new: false,
            major: self.major,
        };
        let Some(parent) = object.parent.as_ref() else {
            return;
        };
        let is_settled = |fate: &Fate| fate.drops || fate.creates || !fate.alters.is_empty();
        if self.fates.get(parent).is_some_and(is_settled) {
            return;
        }
        match (class.rules.renews_parent)(&site) {
            Some(Alteration::Swap(statements)) => self.swap(parent, statements),
            Some(Alteration::Replace) => self.drop(parent),
            _ => {}
        }
    }

    /// Another object of the same name takes its place, with what is inside of it.
    fn swap(&mut self, id: &'a ObjectId, statements: Vec<Statement>) {
        self.fate(id).alters = statements;
        self.disturb(id, true, &mut BTreeSet::new());
        for child in self.wanted.children(id) {
            *self.fate(&child.id) = Fate {
                creates: true,
                ..Fate::default()
            };
        }
        for child in self.present.children(id) {
            if self.wanted.get(&child.id).is_none() {
                self.fates.remove(&child.id);
            }
        }
    }

    /// Takes an object away with what cannot be without it, and makes anew what is wanted of that.
    fn drop(&mut self, id: &'a ObjectId) {
        if self.fates.get(id).is_some_and(|fate| fate.drops) || self.present.get(id).is_none() {
            return;
        }
        if let (Some(class), Some(site)) = (class_of(id), self.site_of_present(id))
            && (class.rules.holds_up)(&site)
            && let Some(parent) = self
                .present
                .get(id)
                .and_then(|object| object.parent.as_ref())
            && !self.fates.get(parent).is_some_and(|fate| fate.drops)
        {
            return self.drop(parent);
        }
        let wanted = self.wanted.get(id).is_some();
        let fate = self.fate(id);
        fate.drops = true;
        fate.creates = wanted;
        fate.alters.clear();
        for child in self.present.children(id) {
            self.drop(&child.id);
        }
        // What stands inside it on the wanted side comes with it: a policy that was missing already.
        for child in self.wanted.children(id) {
            self.fate(&child.id).creates = true;
        }
        for dependent in self.present.dependents(id) {
            if !self.lets_go(dependent, id) {
                self.drop(dependent);
            }
        }
        // The second time it is in the way of what it comes to depend on.
        for dependent in self.wanted.dependents(id) {
            if self.goes_lightly(dependent) {
                self.drop(dependent);
            }
        }
    }

    /// Whether something that is there can go and come again without a loss: a view.
    fn goes_lightly(&self, id: &ObjectId) -> bool {
        let (Some(class), Some(object)) = (class_of(id), self.present.get(id)) else {
            return false;
        };
        (class.rules.disturbance)(object) == Disturbance::Recreate
            && (class.rules.data)(object).is_none()
    }

    /// Whether a dependent stays as it is when an object goes.
    fn lets_go(&self, dependent: &ObjectId, id: &ObjectId) -> bool {
        let (Some(class), Some(site), Some(object)) = (
            class_of(dependent),
            self.site_of_present(dependent),
            self.present.get(id),
        ) else {
            return false;
        };
        (class.rules.lets_go)(&site, object)
    }

    fn site_of_present(&self, id: &ObjectId) -> Option<Site<'w>> {
        Some(Site {
            object: self.present.get(id)?,
            whole: self.present,
            other: self.wanted,
            is_inside_new: false,
            major: self.major,
        })
    }

    /// Moves what depends on an object out of the way while the object is altered. What names a type
    /// that another one takes the place of, such as a constant in a check, cannot survive either.
    fn disturb(&mut self, id: &'a ObjectId, is_swapped: bool, seen: &mut BTreeSet<&'a ObjectId>) {
        if !seen.insert(id) {
            return;
        }
        let children = self.present.children(id).iter().map(|child| &child.id);
        let around: BTreeSet<&'a ObjectId> = children
            .filter(|_| !is_swapped)
            .chain(self.present.dependents(id).iter().copied())
            .collect();
        if let (Some(class), Some(site)) = (class_of(id), self.site_of_present(id)) {
            for heir in (class.rules.heirs)(&site) {
                if let Some(heir) = self.present.get(&heir) {
                    self.disturb(&heir.id, false, seen);
                }
            }
        }
        for dependent in around {
            let (Some(class), Some(object)) = (class_of(dependent), self.present.get(dependent))
            else {
                continue;
            };
            match (class.rules.disturbance)(object) {
                Disturbance::Recreate => self.drop(dependent),
                Disturbance::Survives if is_swapped => self.drop(dependent),
                Disturbance::Survives => {}
                Disturbance::PassesOn => self.disturb(dependent, false, seen),
            }
        }
    }
}

fn class_of(id: &ObjectId) -> Option<&'static Class> {
    Class::named(id.class.as_str())
}
