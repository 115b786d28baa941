//! What keys tell of rows that nobody shows: whether they exist.
//!
//! Foreign keys and unique indexes look at all rows, whatever policies say
//! (<https://www.postgresql.org/docs/current/ddl-rowsecurity.html>, "covert channels").

use super::actors::Actor;
use super::case::{Proof, Try};
use super::model::Relation;
use super::rows::Row;
use super::tables::{Ground, Stand};
use super::world::{Grain, Meaning};
use crate::sql;

/// A key that may tell.
pub(super) struct Suspicion {
    pub actor: usize,
    pub object: String,
    /// What it tells, to follow "user can find out".
    pub words: String,
    pub tried: Try,
    /// The SQLSTATE that tells it.
    pub telling: &'static str,
}

impl Ground<'_> {
    /// Keys of a table that may tell the ordinary user of others' rows.
    pub(super) fn suspicions(&self, relation: &Relation, actors: &[Actor]) -> Vec<Suspicion> {
        let user = actors.iter().position(|actor| actor.person == Some(0));
        let is_owned = self.meanings.grain(relation.oid) != Grain::Global;
        let Some(index) = user.filter(|_| is_owned) else {
            return Vec::new();
        };
        let stand = self.stand(relation, &actors[index], index);
        let (references, keys) = (stand.references(), stand.taken_keys());
        references.into_iter().chain(keys).collect()
    }
}

impl Stand<'_> {
    /// A row of one's own that refers to somebody else's.
    fn references(&self) -> Vec<Suspicion> {
        let meanings = self.ground.meanings;
        let names_user = |name: &String| {
            let column = self.relation.column(name);
            column.is_some_and(|column| meanings.meaning(self.relation, column) == Meaning::User)
        };
        let keys = self.relation.references.iter().filter(|key| {
            key.target != self.relation.oid
                && meanings.grain(key.target) != Grain::Global
                && !key.columns.iter().any(names_user)
        });
        let suspicions = keys.filter_map(|key| {
            let target = self.ground.model.relation(key.target)?;
            let row = self.stranger(key.target)?;
            let values = key.columns.iter().zip(&key.target_columns);
            let values =
                values.filter_map(|(column, there)| Some((column.as_str(), row.text(there)?)));
            Some(Suspicion {
                words: format!(
                    "whether a row of {} exists that policies hide, by the foreign key {}",
                    target.path(),
                    sql::identifier(&key.name)
                ),
                telling: "00000",
                ..self.suspicion(values.collect())?
            })
        });
        suspicions.collect()
    }

    /// A row of one's own with the key of somebody else's, where no column of the key says whose it is.
    fn taken_keys(&self) -> Vec<Suspicion> {
        let owners: Vec<&str> = self
            .owner_columns()
            .map(|column| column.name.as_str())
            .collect();
        let is_secret = |name: &String| {
            self.relation
                .column(name)
                .is_some_and(|column| column.base == "uuid")
        };
        let keys = self.relation.keys.iter().filter(|key| {
            !key.columns
                .iter()
                .any(|name| owners.contains(&name.as_str()) || is_secret(name))
        });
        let counted = |name: &String| {
            let column = self.relation.column(name);
            column.is_some_and(|column| {
                column.category == "N" && (column.default.is_some() || !column.identity.is_empty())
            })
        };
        let suspicions = keys
            .filter(|key| !key.columns.iter().any(counted))
            .filter_map(|key| {
                let row = self.stranger(self.relation.oid)?;
                let values = key
                    .columns
                    .iter()
                    .filter_map(|column| Some((column.as_str(), row.text(column)?)));
                Some(Suspicion {
                    words: format!(
                        "whether somebody else has a row with the same {}, by the unique key {}",
                        key.columns.join(", "),
                        sql::identifier(&key.name)
                    ),
                    telling: "23505",
                    ..self.suspicion(values.collect())?
                })
            });
        suspicions.collect()
    }

    /// A row of the other tenant that is declared to be for nobody else.
    fn stranger(&self, relation: i64) -> Option<&Row> {
        let own = self.actor.holder()?;
        let mut rows = self.ground.filled.rows.of(relation).iter();
        rows.find(|row| row.holder.world == own.world.other() && !row.holder.is_open)
    }

    /// An own row with some values of others.
    fn suspicion(&self, values: Vec<(&str, String)>) -> Option<Suspicion> {
        let may = |name: &str| self.granted.insert.contains(name);
        if values.is_empty() || values.iter().any(|(column, _)| !may(column)) {
            return None;
        }
        let mut draft = self.draft(self.actor.holder()?, 7);
        for (column, value) in values {
            draft.set(column, &value);
        }
        let mut tried = self.attempt(
            draft.insert(self.relation, may),
            Proof::Touched,
            None,
            Vec::new(),
        );
        tried.probe.settings = self.actor.sessions(false).remove(0).0;
        Some(Suspicion {
            actor: self.index,
            object: self.relation.path(),
            words: String::new(),
            tried,
            telling: "",
        })
    }
}
