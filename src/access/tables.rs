//! What is tried on a table: every command on own rows and on those of others.

use std::collections::BTreeSet;

use super::actors::Actor;
use super::attempt::Probe;
use super::case::{Case, Proof, Try};
use super::fill::Filled;
use super::matrix::{Operation, Outcome};
use super::model::{Column, Granted, Model, Relation};
use super::rows::Row;
use super::world::{Grain, Meaning, Meanings};
use crate::sql;

/// Everything the cases of one table are made of.
pub(super) struct Ground<'a> {
    pub model: &'a Model,
    pub meanings: &'a Meanings,
    pub filled: &'a Filled,
    pub path: &'a str,
    /// Whether rows of people of the same tenant are others' as well.
    pub is_owner_only: bool,
}

/// One actor before one table.
pub(super) struct Stand<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) relation: &'a Relation,
    pub(super) actor: &'a Actor,
    pub(super) index: usize,
    pub(super) granted: Granted,
    own: Vec<&'a Row>,
    others: Vec<&'a Row>,
}

impl Ground<'_> {
    /// All cases of a table.
    pub(super) fn cases(&self, relation: &Relation, actors: &[Actor]) -> Vec<Case> {
        let each = actors.iter().enumerate();
        each.flat_map(|(index, actor)| self.stand(relation, actor, index).cases())
            .collect()
    }

    pub(super) fn stand<'a>(
        &'a self,
        relation: &'a Relation,
        actor: &'a Actor,
        index: usize,
    ) -> Stand<'a> {
        let rows = self.filled.rows.of(relation.oid);
        let grain = self.meanings.grain(relation.oid);
        let holder = actor.holder().filter(|_| grain != Grain::Global);
        let is_own = |row: &&Row| {
            holder.is_some_and(|holder| match row.holder.person {
                Some(person) => holder.person == Some(person),
                None => row.holder.world == holder.world,
            })
        };
        let is_other = |row: &&Row| match holder {
            Some(holder) if self.is_owner_only => row
                .holder
                .person
                .map_or(row.holder.world != holder.world, |person| {
                    Some(person) != holder.person
                }),
            Some(holder) => row.holder.world != holder.world,
            None => true,
        };
        let mut own: Vec<&Row> = rows.iter().filter(is_own).collect();
        if own.is_empty() && !self.is_owner_only {
            // A tenant may have one row for all of its people.
            own = rows
                .iter()
                .filter(|row| holder.is_some_and(|holder| row.holder.world == holder.world))
                .take(1)
                .collect();
        }
        Stand {
            ground: self,
            relation,
            actor,
            index,
            granted: relation.granted(&actor.role),
            own,
            others: rows.iter().filter(is_other).collect(),
        }
    }
}

impl Stand<'_> {
    fn cases(&self) -> Vec<Case> {
        let mut operations = vec![
            Operation::SelectOther,
            Operation::UpdateOther,
            Operation::DeleteOther,
        ];
        let grain = self.ground.meanings.grain(self.relation.oid);
        let has_own = self.actor.person.is_some() && grain != Grain::Global;
        if has_own {
            operations.extend([
                Operation::SelectOwn,
                Operation::InsertOwn,
                Operation::UpdateOwn,
                Operation::DeleteOwn,
            ]);
            // A tenant is not moved to another one.
            if self.owner_columns().next().is_some()
                && !self.ground.meanings.is_tenant(self.relation.oid)
            {
                operations.push(Operation::MoveTenant);
            }
        }
        // Of a table that names nobody, a new row is nobody's: it is its maker's own.
        if !has_own || self.owner_columns().next().is_some() {
            operations.push(Operation::InsertOther);
        }
        operations
            .into_iter()
            .map(|operation| self.case(operation))
            .collect()
    }

    fn case(&self, operation: Operation) -> Case {
        let rows = if operation.is_for_others() && operation != Operation::MoveTenant {
            &self.others
        } else {
            &self.own
        };
        let mut otherwise = (Outcome::Unproven, "no row could be made for it".to_owned());
        let tries = match operation {
            Operation::InsertOwn | Operation::InsertOther => {
                let tries = self.inserts(operation);
                if tries.is_empty() && !self.granted.insert.is_empty() {
                    otherwise = (
                        Outcome::Denied,
                        "no right to say whose the row is".to_owned(),
                    );
                }
                tries
            }
            _ if rows.is_empty() => Vec::new(),
            Operation::SelectOwn | Operation::SelectOther | Operation::Call => {
                self.selects(rows, operation)
            }
            Operation::UpdateOwn | Operation::UpdateOther => self.updates(rows),
            Operation::DeleteOwn | Operation::DeleteOther => self.deletes(rows),
            Operation::MoveTenant => {
                let tries = self.moves();
                if tries.is_empty() {
                    otherwise = (
                        Outcome::Denied,
                        "no right to change whose the row is".to_owned(),
                    );
                }
                tries
            }
        };
        let sessions = self.actor.sessions(operation.is_for_others());
        let tries = sessions.into_iter().flat_map(|(settings, token)| {
            let settings = move |mut tried: Try| {
                tried.probe.settings.clone_from(&settings);
                tried.token = token;
                tried
            };
            tries.clone().into_iter().map(settings)
        });
        Case {
            object: self.relation.path(),
            relation: self.relation.oid,
            actor: self.index,
            operation,
            is_owned: None,
            tries: tries.collect(),
            otherwise,
        }
    }

    pub(super) fn attempt(
        &self,
        sql: String,
        proof: Proof,
        check: Option<String>,
        before: Vec<String>,
    ) -> Try {
        let probe = Probe {
            before,
            role: self.actor.role.clone(),
            path: self.ground.path.to_owned(),
            reads: matches!(proof, Proof::Above(_)),
            sql,
            check,
            ..Probe::default()
        };
        Try {
            probe,
            proof,
            token: None,
        }
    }

    fn condition(&self, rows: &[&Row]) -> Option<String> {
        // Without any right to read, the refusal is what is to be seen.
        let may = |name: &str| self.granted.select.is_empty() || self.granted.select.contains(name);
        let conditions = rows.iter().map(|row| row.condition(self.relation, may));
        let conditions: Option<Vec<String>> = conditions.collect();
        let conditions = conditions?
            .into_iter()
            .map(|condition| format!("({condition})"));
        Some(conditions.collect::<Vec<_>>().join(" or "))
    }

    fn selects(&self, rows: &[&Row], operation: Operation) -> Vec<Try> {
        let path = self.relation.path();
        // What is declared to be for everybody may be read.
        let is_closed = |row: &&&Row| !row.holder.is_open;
        let closed: Vec<&Row> = rows.iter().filter(is_closed).copied().collect();
        let open = self.others.iter().filter(|row| row.holder.is_open).count();
        match self.condition(&closed) {
            Some(condition) => {
                let sql = format!("select count(*)::text from {path} where {condition}");
                vec![self.attempt(sql, Proof::Above(0), None, Vec::new())]
            }
            None => {
                let expected = match operation {
                    Operation::SelectOther => self.own.len() + open,
                    _ => 0,
                };
                let limit = i64::try_from(expected).unwrap_or(i64::MAX);
                let sql = format!("select count(*)::text from {path}");
                vec![self.attempt(sql, Proof::Above(limit), None, Vec::new())]
            }
        }
    }

    fn updates(&self, rows: &[&Row]) -> Vec<Try> {
        let Some(column) = self.harmless_column() else {
            return Vec::new();
        };
        let name = sql::identifier(&column.name);
        let value = match (rows[0].stored.get(&column.name), column.category.as_str()) {
            (Some(serde_json::Value::Null) | None, _) => "null".to_owned(),
            (Some(_), "A" | "C") => name.clone(),
            (Some(_), _) => sql::literal(&rows[0].text(&column.name).unwrap_or_default()),
        };
        let path = self.relation.path();
        let set = format!("update {path} set {name} = {value}");
        self.with_and_without(rows, &set, Vec::new())
    }

    fn deletes(&self, rows: &[&Row]) -> Vec<Try> {
        let relations = self
            .ground
            .model
            .relations
            .iter()
            .filter(|other| !other.partition);
        let referring = relations.flat_map(|other| {
            let keys = other
                .references
                .iter()
                .filter(|key| key.target == self.relation.oid);
            keys.map(|key| {
                format!(
                    "alter table {} drop constraint {}",
                    other.path(),
                    sql::identifier(&key.name)
                )
            })
        });
        let before = match self.granted.delete {
            true => referring.collect(),
            false => Vec::new(),
        };
        self.with_and_without(
            rows,
            &format!("delete from {}", self.relation.path()),
            before,
        )
    }

    /// A statement on the first of some rows, and on everything: a condition needs the right to read, and lets the
    /// policies for reading speak as well.
    fn with_and_without(&self, rows: &[&Row], statement: &str, before: Vec<String>) -> Vec<Try> {
        let mut tries = Vec::new();
        // One as usual, one with little in it, one for everybody.
        let closed = rows.iter().rposition(|row| !row.holder.is_open);
        let places: BTreeSet<usize> = [Some(0), closed, Some(rows.len() - 1)]
            .into_iter()
            .flatten()
            .collect();
        for place in places {
            if let Some(condition) = self.condition(&rows[place..=place]) {
                let sql = format!("{statement} where {condition}");
                tries.push(self.attempt(sql, Proof::Touched, None, Vec::new()));
            }
        }
        let present = Row::presence(rows, self.relation);
        tries.push(self.attempt(
            statement.to_owned(),
            Proof::Else(rows.len().to_string()),
            Some(present),
            before,
        ));
        tries
    }

    fn moves(&self) -> Vec<Try> {
        let there: Option<&&Row> = self.others.first();
        let (Some(there), Some(here)) = (there, self.own.first()) else {
            return Vec::new();
        };
        let may = |column: &&Column| {
            self.granted.update.is_empty() || self.granted.update.contains(&column.name)
        };
        let differ =
            |column: &&Column| here.stored.get(&column.name) != there.stored.get(&column.name);
        let all: Vec<&Column> = self.owner_columns().filter(may).filter(differ).collect();
        let tenants: Vec<&Column> = all
            .iter()
            .copied()
            .filter(|column| !self.names_person(column))
            .collect();
        let mut seen = BTreeSet::new();
        let mut tries = Vec::new();
        for columns in [all, tenants]
            .into_iter()
            .filter(|columns| !columns.is_empty())
        {
            let set = columns.iter().map(|column| {
                let value = there
                    .text(&column.name)
                    .map_or_else(|| "null".to_owned(), |text| sql::literal(&text));
                format!("{} = {value}", sql::identifier(&column.name))
            });
            let set: Vec<String> = set.collect();
            let statement = format!("update {} set {}", self.relation.path(), set.join(", "));
            if seen.insert(statement.clone()) {
                tries.extend(self.with_and_without(&[here], &statement, Vec::new()));
                tries.extend(self.without_the_rest(here, &statement));
            }
        }
        tries
    }

    /// A statement on everything when a row is the only one of its tenant: another might be what is refused.
    fn without_the_rest(&self, row: &Row, statement: &str) -> Option<Try> {
        let rows = self.ground.filled.rows.of(self.relation.oid).iter();
        let extra: Vec<&Row> = rows.filter(|other| other.is_extra).collect();
        let before = format!(
            "delete from {} where {}",
            self.relation.path(),
            Row::places(&extra)?
        );
        let present = Row::presence(&[row], self.relation);
        Some(self.attempt(
            statement.to_owned(),
            Proof::Else("1".to_owned()),
            Some(present),
            vec![before],
        ))
    }

    /// Columns that say whose a row is.
    pub(super) fn owner_columns(&self) -> impl Iterator<Item = &Column> {
        let meanings = self.ground.meanings;
        let is_own_key = |column: &Column| {
            meanings.is_tenant(self.relation.oid)
                && self.relation.primary_key() == [column.name.clone()]
        };
        self.relation.columns.iter().filter(move |column| {
            let refers = self.relation.references.iter().any(|key| {
                key.columns.contains(&column.name)
                    && key.target != self.relation.oid
                    && meanings.grain(key.target) != Grain::Global
            });
            let meaning = meanings.meaning(self.relation, column);
            !is_own_key(column)
                && !self.is_audience(column)
                && column.generated.is_empty()
                && column.category != "A"
                && (refers || matches!(meaning, Meaning::User | Meaning::Tenant))
        })
    }

    /// Whether a column says who a row is for rather than whose it is: it may be empty, and a check says when.
    fn is_audience(&self, column: &Column) -> bool {
        let mut checks = self.relation.checks.iter();
        !column.required
            && checks.any(|check| check.columns.len() > 1 && check.columns.contains(&column.name))
    }

    /// Whether a column names a person rather than a tenant.
    pub(super) fn names_person(&self, column: &Column) -> bool {
        let meanings = self.ground.meanings;
        let key = self
            .relation
            .references
            .iter()
            .find(|key| key.columns.contains(&column.name));
        let through = key.map(|key| meanings.grain(key.target) == Grain::User);
        matches!(meanings.meaning(self.relation, column), Meaning::User) || through.unwrap_or(false)
    }

    /// A column whose change changes nothing about who may what.
    fn harmless_column(&self) -> Option<&Column> {
        let may = |column: &&Column| {
            self.granted.update.is_empty() || self.granted.update.contains(&column.name)
        };
        let can = |column: &&Column| column.generated.is_empty() && column.identity != "a";
        let columns: Vec<&Column> = self
            .relation
            .columns
            .iter()
            .filter(can)
            .filter(may)
            .collect();
        let owners: BTreeSet<&str> = self
            .owner_columns()
            .map(|column| column.name.as_str())
            .collect();
        let is_key = |column: &Column| {
            let mut keys = self.relation.keys.iter();
            self.relation.unique.contains(&column.name)
                || keys.any(|key| key.columns.contains(&column.name))
        };
        let refers = |column: &Column| {
            self.relation
                .references
                .iter()
                .any(|key| key.columns.contains(&column.name))
        };
        let weight = |column: &Column| {
            (
                owners.contains(column.name.as_str()),
                is_key(column),
                refers(column),
                matches!(column.category.as_str(), "A" | "C"),
                self.relation.partitioned_by.contains(&column.name),
            )
        };
        columns.into_iter().min_by_key(|column| weight(column))
    }
}
