//! New rows that somebody tries to add: for themselves, for others, among others.

use super::case::{Proof, Try};
use super::draft::{Draft, Holder};
use super::matrix::Operation;
use super::tables::Stand;
use super::world::{Grain, Meaning, PEOPLE, World};

impl Stand<'_> {
    pub(super) fn inserts(&self, operation: Operation) -> Vec<Try> {
        let grain = self.ground.meanings.grain(self.relation.oid);
        let own = self.actor.holder().filter(|_| grain != Grain::Global);
        let holders = match (operation, own) {
            (Operation::InsertOwn, Some(own)) => vec![own],
            (_, Some(own)) => self.others_of(own),
            (_, None) => self.anybody(grain),
        };
        let own_draft = own.map(|own| self.draft(own, 0));
        let may = |name: &str| self.granted.insert.is_empty() || self.granted.insert.contains(name);
        let drafts = holders.into_iter().enumerate();
        let drafts = drafts.map(|(index, holder)| self.draft(holder, index + 1));
        // Without the right to name the column that says whose it is, a row for others is a row of one's own.
        let is_other = |draft: &Draft| match (&own_draft, operation) {
            (Some(own), Operation::InsertOther) => self.owner_columns().any(|column| {
                may(&column.name) && own.value(&column.name) != draft.value(&column.name)
            }),
            _ => true,
        };
        let tries = drafts.filter(is_other).map(|draft| {
            let statement = draft.insert(self.relation, may);
            self.attempt(statement, Proof::Touched, None, Vec::new())
        });
        tries.collect()
    }

    /// For somebody of the other tenant, there as oneself, for what is for everybody there, and for a peer where rows are
    /// their owner's alone.
    fn others_of(&self, own: Holder) -> Vec<Holder> {
        let there = Holder {
            world: own.world.other(),
            person: PEOPLE
                .iter()
                .position(|person| person.world == own.world.other()),
            is_open: false,
            is_guest: false,
        };
        let mut holders = vec![there];
        if self
            .owner_columns()
            .any(|column| !self.names_person(column))
        {
            holders.push(Holder {
                person: own.person,
                ..there
            });
        }
        if self.ground.is_owner_only {
            let is_peer =
                |person: &usize| Some(*person) != own.person && PEOPLE[*person].world == own.world;
            let peer = (0..PEOPLE.len()).find(is_peer);
            holders.push(Holder {
                person: peer,
                ..own
            });
        }
        holders.push(Holder {
            is_open: true,
            ..there
        });
        if self.hangs_on_others() {
            holders.push(Holder {
                person: own.person,
                is_guest: true,
                ..there
            });
        }
        holders
    }

    /// Whether a row lets a person in to something that belongs to a person.
    fn hangs_on_others(&self) -> bool {
        let meanings = self.ground.meanings;
        let names_user = |name: &String| {
            let column = self.relation.column(name);
            column.is_some_and(|column| meanings.meaning(self.relation, column) == Meaning::User)
        };
        let mut keys = self.relation.references.iter();
        keys.any(|key| {
            // Who stands beside a thing in a key is let in to it.
            let is_joined = self.relation.keys.iter().any(|unique| {
                let holds = |name: &String| unique.columns.contains(name);
                key.columns.iter().all(holds) && unique.columns.iter().any(names_user)
            });
            let is_apart = key.target != self.relation.oid && !key.columns.iter().any(names_user);
            is_apart && is_joined && meanings.grain(key.target) == Grain::User
        })
    }

    /// For somebody, when it is nobody in particular who tries.
    fn anybody(&self, grain: Grain) -> Vec<Holder> {
        let usual = Holder {
            world: if grain == Grain::Global {
                World::Nobody
            } else {
                World::A
            },
            person: (grain == Grain::User).then_some(0),
            is_open: false,
            is_guest: false,
        };
        match grain {
            Grain::Global => vec![usual],
            Grain::Tenant | Grain::User => vec![
                usual,
                Holder {
                    is_open: true,
                    ..usual
                },
            ],
        }
    }

    pub(super) fn draft(&self, holder: Holder, index: usize) -> Draft {
        let filled = self.ground.filled;
        let table = filled
            .numbers
            .get(&self.relation.oid)
            .copied()
            .unwrap_or_default();
        let number = 500 + 10 * self.index + index;
        let number = (table, i64::try_from(number).unwrap_or_default());
        Draft::new(
            self.relation,
            number,
            holder,
            self.ground.meanings,
            &filled.rows,
            &filled.choices,
        )
    }
}
