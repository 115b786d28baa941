//! Rows for everybody in every table, in an order that satisfies foreign keys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::postgres::PgDatabaseError;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

use super::draft::{Draft, Holder};
use super::model::{Model, Relation};
use super::rows::{Row, Rows};
use super::world::{Grain, Meanings, PEOPLE, World};
use crate::contract::Gap;
use crate::error::Result;
use crate::progress::Progress;
use crate::sql;

/// How many values are tried for one row before a constraint is set aside.
const PATIENCE: usize = 60;

/// What was made.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub rows: Rows,
    /// Candidates that proved good, by relation and column.
    pub choices: BTreeMap<(i64, String), usize>,
    /// What was set aside, and tables that stay empty.
    pub gaps: BTreeSet<Gap>,
    /// A number for each table.
    pub numbers: BTreeMap<i64, usize>,
}

pub(super) struct Filler<'a> {
    pub model: &'a Model,
    pub meanings: &'a Meanings,
    pub connection: &'a mut PgConnection,
    pub filled: Filled,
}

/// What to do about a row that Postgres does not take.
enum Remedy {
    Advance(Vec<String>),
    SetAside,
    GiveUp,
}

impl Filler<'_> {
    pub(super) async fn fill(mut self, progress: &dyn Progress) -> Result<Filled> {
        let order = order(self.model);
        self.switch_triggers(&order, false).await?;
        for (number, relation) in order.iter().enumerate() {
            progress.phase(&format!("making rows: {}/{}", number + 1, order.len()));
            self.filled.numbers.insert(relation.oid, number + 1);
            self.fill_table(relation).await?;
        }
        self.switch_triggers(&order, true).await?;
        for relation in self
            .model
            .relations
            .iter()
            .filter(|relation| relation.kind == "m")
        {
            let refresh = format!("refresh materialized view {}", relation.path());
            if let Err(error) = self.run(&refresh).await {
                self.gap(
                    relation,
                    &format!("it cannot be refreshed: {}", said(&error)),
                );
            }
        }
        Ok(self.filled)
    }

    /// Triggers would write rows of their own; the ones that were on are put on again.
    async fn switch_triggers(&mut self, tables: &[&Relation], on: bool) -> Result<()> {
        for relation in tables {
            for trigger in relation
                .triggers
                .iter()
                .filter(|trigger| trigger.enabled != "D")
            {
                let how = match (on, trigger.enabled.as_str()) {
                    (false, _) => "disable",
                    (true, "A") => "enable always",
                    (true, "R") => "enable replica",
                    (true, _) => "enable",
                };
                let name = sql::identifier(&trigger.name);
                let statement = format!("alter table {} {how} trigger {name}", relation.path());
                self.run(&statement).await.map_err(super::broken)?;
            }
        }
        Ok(())
    }

    async fn fill_table(&mut self, relation: &Relation) -> Result<()> {
        let holders: Vec<Holder> = match self.meanings.grain(relation.oid) {
            Grain::User => (0..PEOPLE.len())
                .map(|person| Holder {
                    world: PEOPLE[person].world,
                    person: Some(person),
                    is_open: false,
                    is_guest: false,
                })
                .collect(),
            Grain::Tenant => World::BOTH
                .map(|world| Holder {
                    world,
                    person: None,
                    is_open: false,
                    is_guest: false,
                })
                .to_vec(),
            Grain::Global => vec![
                Holder {
                    world: World::Nobody,
                    person: None,
                    is_open: false,
                    is_guest: false,
                };
                PEOPLE.len()
            ],
        };
        let mut why = None;
        for (index, holder) in holders.into_iter().enumerate() {
            let number = i64::try_from(index).unwrap_or_default() + 1;
            match self.make(relation, holder, number).await? {
                Ok(row) => self
                    .filled
                    .rows
                    .0
                    .entry(relation.oid)
                    .or_default()
                    .push(row),
                Err(message) => why = Some(message),
            }
        }
        self.add_sparse(relation).await?;
        self.add_open(relation).await?;
        if let Some(why) = why.filter(|_| self.filled.rows.of(relation.oid).is_empty()) {
            self.gap(relation, &format!("no row could be made for it: {why}"));
        }
        Ok(())
    }

    /// Rows of both tenants with as little in them as the table allows: policies forget what is null.
    async fn add_sparse(&mut self, relation: &Relation) -> Result<()> {
        for world in World::BOTH {
            let rows = self.filled.rows.of(relation.oid).iter();
            let full = rows
                .map(|row| row.holder)
                .find(|holder| holder.world == world);
            let Some(holder) = full else { continue };
            let number = (
                self.filled.numbers[&relation.oid],
                60 + i64::from(world == World::B),
            );
            let mut draft = self.draft(relation, number, holder).await?;
            if !draft.empty(relation, self.meanings) {
                continue;
            }
            let statement = returning(&draft, relation);
            let made = self
                .connection
                .fetch_optional(sqlx::raw_sql(AssertSqlSafe(statement)))
                .await;
            if let Ok(Some(row)) = made {
                let mut row = stored(holder, &row)?;
                row.is_extra = true;
                self.filled
                    .rows
                    .0
                    .entry(relation.oid)
                    .or_default()
                    .push(row);
            }
        }
        Ok(())
    }

    /// Rows of both tenants that are declared to be for everybody: to be read is not to be written.
    async fn add_open(&mut self, relation: &Relation) -> Result<()> {
        for world in World::BOTH {
            let rows = self.filled.rows.of(relation.oid).iter();
            let full = rows
                .map(|row| row.holder)
                .find(|holder| holder.world == world);
            let Some(holder) = full else { continue };
            let number = (
                self.filled.numbers[&relation.oid],
                70 + i64::from(world == World::B),
            );
            let holder = Holder {
                is_open: true,
                ..holder
            };
            let mut draft = self.draft(relation, number, holder).await?;
            if draft.open()
                && let Ok(mut row) = self.insert(relation, holder, number, draft).await?
            {
                row.is_extra = true;
                self.filled
                    .rows
                    .0
                    .entry(relation.oid)
                    .or_default()
                    .push(row);
            }
        }
        Ok(())
    }

    /// Makes one row, or says why not.
    async fn make(
        &mut self,
        relation: &Relation,
        holder: Holder,
        number: i64,
    ) -> Result<Result<Row, String>> {
        let number = (self.filled.numbers[&relation.oid], number);
        let draft = self.draft(relation, number, holder).await?;
        self.insert(relation, holder, number, draft).await
    }

    /// Writes a draft, with other values where these are refused.
    async fn insert(
        &mut self,
        relation: &Relation,
        holder: Holder,
        mut number: (usize, i64),
        mut draft: Draft,
    ) -> Result<Result<Row, String>> {
        let mut last = String::new();
        for _ in 0..PATIENCE * 3 {
            let back = returning(&draft, relation);
            match self
                .connection
                .fetch_optional(sqlx::raw_sql(AssertSqlSafe(back)))
                .await
            {
                Ok(Some(row)) => {
                    if !holder.is_open {
                        self.remember(relation, &draft);
                    }
                    return Ok(Ok(stored(holder, &row)?));
                }
                Ok(None) => return Ok(Err("a rule takes it".to_owned())),
                Err(error) => {
                    let message = said(&error);
                    match remedy(relation, &draft, &error, message == last) {
                        Remedy::Advance(columns) if draft.advance(&columns) => {}
                        Remedy::Advance(columns)
                            if code(&error) == "23505"
                                && number.1 < 450
                                && is_free(&draft, &columns) =>
                        {
                            number.1 += 100;
                            draft = self.draft(relation, number, holder).await?;
                            if holder.is_open {
                                draft.open();
                            }
                        }
                        Remedy::Advance(_) | Remedy::SetAside
                            if constraint(&error).is_some() && code(&error) != "23505" =>
                        {
                            self.set_aside(relation, &constraint(&error).unwrap_or_default())
                                .await?;
                        }
                        _ => return Ok(Err(message)),
                    }
                    last = message;
                }
            }
        }
        Ok(Err(last))
    }

    /// A draft whose candidates are values of their types.
    async fn draft(
        &mut self,
        relation: &Relation,
        number: (usize, i64),
        holder: Holder,
    ) -> Result<Draft> {
        let mut draft = Draft::new(
            relation,
            number,
            holder,
            self.meanings,
            &self.filled.rows,
            &self.filled.choices,
        );
        let asked = draft.questions();
        let query = "select _pgpact_access.valid($1::jsonb)";
        let answer = sqlx::query(query)
            .bind(json!(asked).to_string())
            .persistent(false);
        let row = answer
            .fetch_one(&mut *self.connection)
            .await
            .map_err(super::broken)?;
        let valid: Vec<bool> = row.try_get(0).map_err(super::broken)?;
        draft.keep_valid(relation, &valid, &self.filled.choices);
        Ok(draft)
    }

    fn remember(&mut self, relation: &Relation, draft: &Draft) {
        for drafted in draft.columns.iter().filter(|drafted| drafted.taken > 0) {
            let key = (relation.oid, drafted.name.clone());
            self.filled.choices.insert(key, drafted.choice());
        }
    }

    /// Takes a constraint away that no value was found for.
    async fn set_aside(&mut self, relation: &Relation, constraint: &str) -> Result<()> {
        let name = sql::identifier(constraint);
        let drop = format!("alter table {} drop constraint {name}", relation.path());
        self.run(&drop).await.map_err(super::broken)?;
        self.filled.gaps.insert(Gap {
            what: format!("constraint {constraint} of {}", relation.path()),
            why: "no value that satisfies it was found; it was set aside where access was tried"
                .to_owned(),
        });
        Ok(())
    }

    async fn run(&mut self, statement: &str) -> Result<(), sqlx::Error> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        self.connection.execute(statement).await.map(|_| ())
    }

    fn gap(&mut self, relation: &Relation, why: &str) {
        let what = format!("access to {}", relation.path());
        self.filled.gaps.insert(Gap {
            what,
            why: why.to_owned(),
        });
    }
}

/// The statement that writes a draft and gives the row with its place.
fn returning(draft: &Draft, relation: &Relation) -> String {
    let statement = draft.insert(relation, |_| true);
    let name = sql::identifier(&relation.name);
    format!("{statement} returning tableoid::bigint, ctid::text, to_jsonb({name}.*)::text")
}

fn stored(holder: Holder, row: &sqlx::postgres::PgRow) -> Result<Row> {
    let text: String = row.try_get_unchecked(2).map_err(super::broken)?;
    let table: String = row.try_get_unchecked(0).map_err(super::broken)?;
    let ctid: String = row.try_get_unchecked(1).map_err(super::broken)?;
    Ok(Row {
        holder,
        is_extra: false,
        place: (table.parse().unwrap_or_default(), ctid),
        stored: serde_json::from_str(&text).map_err(|error| super::strange(&error.to_string()))?,
    })
}

/// What stands in the way, and what may help.
fn remedy(relation: &Relation, draft: &Draft, error: &sqlx::Error, is_again: bool) -> Remedy {
    let Some(database) = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    else {
        return Remedy::GiveUp;
    };
    let name = database.constraint().unwrap_or_default();
    let columns = match (database.code(), database.column()) {
        ("23502", Some(column)) => vec![column.to_owned()],
        ("23514", _) if name.is_empty() => relation.partitioned_by.iter().cloned().collect(),
        ("23514" | "23P01", _) => {
            let check = relation.checks.iter().find(|check| check.name == name);
            check.map(|check| check.columns.clone()).unwrap_or_default()
        }
        ("23505", _) => {
            let key = relation.keys.iter().find(|key| key.name == name);
            key.map(|key| key.columns.clone()).unwrap_or_default()
        }
        ("23503", _) => {
            let key = relation.references.iter().find(|key| key.name == name);
            key.map(|key| key.columns.clone()).unwrap_or_default()
        }
        // Something is no value for something: whatever has another candidate.
        (code, _) if code.starts_with("22") && !is_again => {
            let open = draft
                .columns
                .iter()
                .filter(|drafted| drafted.taken + 1 < drafted.candidates.len());
            open.take(1).map(|drafted| drafted.name.clone()).collect()
        }
        _ => return Remedy::GiveUp,
    };
    match columns.is_empty() && !name.is_empty() {
        true => Remedy::SetAside,
        false => Remedy::Advance(columns),
    }
}

/// Whether another number may make a key unique.
fn is_free(draft: &Draft, columns: &[String]) -> bool {
    let mut drafted = draft
        .columns
        .iter()
        .filter(|drafted| columns.contains(&drafted.name));
    drafted.any(|drafted| !drafted.is_bound)
}

fn code(error: &sqlx::Error) -> String {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn constraint(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    error.constraint().map(str::to_owned)
}

/// What Postgres said.
pub(super) fn said(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

/// Tables that are filled, after the ones they refer to; in a circle the first by name goes first.
fn order(model: &Model) -> Vec<&Relation> {
    let is_filled = |relation: &&Relation| relation.is_table() && relation.schema != "storage";
    let mut left: Vec<&Relation> = model.relations.iter().filter(is_filled).collect();
    let mut sorted: Vec<&Relation> = Vec::new();
    while !left.is_empty() {
        let waits = |relation: &&&Relation| {
            let mut targets = relation
                .references
                .iter()
                .filter(|key| key.target != relation.oid);
            targets.any(|key| left.iter().any(|other| other.oid == key.target))
        };
        let free = left.iter().position(|relation| !waits(&relation));
        // In a circle: one whose references may stay empty.
        let open = || {
            left.iter().position(|relation| {
                let mut targets = relation
                    .references
                    .iter()
                    .filter(|key| left.iter().any(|other| other.oid == key.target));
                targets.all(|key| {
                    key.columns
                        .iter()
                        .any(|name| relation.column(name).is_some_and(|column| !column.required))
                })
            })
        };
        sorted.push(left.remove(free.or_else(open).unwrap_or(0)));
    }
    sorted
}
