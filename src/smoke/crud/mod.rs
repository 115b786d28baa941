//! A row is inserted, selected, updated and deleted, and none of it stays: no row, and no number of a sequence.

mod code;
mod hazard;
mod row;
mod shape;

use std::time::Duration;

use super::catalog::Catalog;
use super::probe::{Kind, Probe, Seen, Way};
use super::reach::{broken, late};
use super::session::{Actor, Answer, Session, Trouble};
use super::settings::{Settings, Table};
use crate::contract::{ClassName, ObjectId};
use crate::error::Result;
use crate::sql::{identifier, parts, qualified};
use row::{Maker, Values};
use shape::Shape;

pub(super) const STEPS: [Kind; 5] = [
    Kind::Insert,
    Kind::SelectRow,
    Kind::Update,
    Kind::Delete,
    Kind::Gone,
];

/// Tries a row in one table.
pub(super) async fn probe(
    session: &mut Session,
    settings: &Settings,
    catalog: &Catalog,
    table: &Table,
) -> Result<Vec<Probe>> {
    let name = parts(&table.name);
    let id = ObjectId::new(ClassName::new("table"), qualified(&name));
    let role = table.role.as_ref().unwrap_or(&settings.roles.service);
    let all = |seen: &Seen| -> Vec<Probe> {
        let steps = STEPS.iter();
        steps
            .map(|kind| probe_of(seen.clone(), *kind, role, &id))
            .collect()
    };
    if !settings.allows_writes {
        return Ok(all(&Seen::skipped(
            "writes are not allowed: --allow-writes",
        )));
    }
    let (Some(_), [schema, name]) = (catalog.relations.get(&id), name.as_slice()) else {
        let seen = Seen::failed("smoke-table-missing", "no schema of the API has this table");
        return Ok(vec![probe_of(seen, Kind::Insert, role, &id)]);
    };
    if let Some(why) = hazard::of_table(session, schema, name).await? {
        let why = format!(
            "{why}; that might leave a trace that no rollback takes back, so nothing was written"
        );
        return Ok(all(&Seen::unproven(why)));
    }
    let shape = Shape::read(session, schema, name, role).await?;
    let rows = rows(session, settings, table, &shape, (schema, &id.path)).await?;
    let mut steps = Steps {
        session,
        actor: Actor {
            role,
            claims: table.claims.clone(),
        },
        schema,
        id: &id,
        shape: &shape,
        probes: Vec::new(),
    };
    let mut problems = Vec::new();
    for row in rows {
        match row {
            Ok(row) => match steps.run(&row).await? {
                None => return Ok(steps.probes),
                Some(trouble) => problems.push(format!("{} ({})", trouble.message, trouble.state)),
            },
            Err(why) => problems.push(why),
        }
    }
    problems.dedup();
    let why = format!("no row that fits could be made: {}", problems.join("; "));
    Ok(all(&Seen::unproven(why)))
}

/// Why a row written where it is committed might leave more than itself; nothing when it cannot.
pub(super) async fn hazard(
    session: &mut Session,
    settings: &Settings,
    table: &Table,
) -> Result<Option<String>> {
    let name = parts(&table.name);
    let [schema, name] = name.as_slice() else {
        return Ok(None);
    };
    if let Some(why) = hazard::of_table(session, schema, name).await? {
        return Ok(Some(why));
    }
    let shape = Shape::read(session, schema, name, &settings.roles.service).await?;
    for column in &shape.columns {
        if column.is_generated || table.row.contains_key(&column.name) {
            continue;
        }
        let draws = match &column.default {
            Some(default) => hazard::of_expression(session, default).await?.is_some(),
            None => column.is_identity,
        };
        if draws && table.marker.as_ref() != Some(&column.name) {
            let why = format!(
                "{} would draw a number from a sequence, as row says no value for it",
                column.name
            );
            return Ok(Some(why));
        }
    }
    Ok(None)
}

fn probe_of(seen: Seen, kind: Kind, role: &str, id: &ObjectId) -> Probe {
    seen.probe(kind, Way::Sql, role, id, Duration::ZERO)
}

/// Rows to try, the likeliest first; in place of one what no value could be found for.
async fn rows(
    session: &mut Session,
    settings: &Settings,
    table: &Table,
    shape: &Shape,
    (schema, path): (&str, &str),
) -> Result<Vec<Result<Values, String>>> {
    let mut maker = Maker {
        session,
        settings,
        schema,
        path,
        shape,
        table,
    };
    let sample = maker.sample().await?;
    let mut rows = Vec::new();
    if sample.is_some() {
        rows.push(maker.row(sample.as_ref()).await?);
    }
    rows.push(maker.row(None).await?);
    Ok(rows)
}

/// What is done with a row, one after the other.
struct Steps<'a> {
    session: &'a mut Session,
    actor: Actor<'a>,
    schema: &'a str,
    id: &'a ObjectId,
    shape: &'a Shape,
    probes: Vec<Probe>,
}

impl Steps<'_> {
    /// Gives back what is wrong with the row itself, which another row may not have.
    async fn run(&mut self, row: &Values) -> Result<Option<Trouble>> {
        let path = &self.id.path;
        self.session.write_as(&self.actor, self.schema).await?;
        let insert = insert(path, row);
        let answer = self.session.step(&insert).await?;
        if let Err(trouble) = &answer.rows
            && trouble.is_of_data()
        {
            return Ok(Some(trouble.clone()));
        }
        let Some(mut place) = place(&answer) else {
            self.say(Kind::Insert, &answer, |_| "no row came of it");
            self.leave_out(&STEPS[1..], "no row was inserted");
            return Ok(None);
        };
        self.say(Kind::Insert, &answer, |_| "");
        let select = self
            .session
            .step(&format!("select 1 from {path} where {place}"))
            .await?;
        self.say(Kind::SelectRow, &select, |rows| {
            shown(rows == 1, "the row just inserted is not seen")
        });
        match self.updated() {
            None => self.leave_out(&[Kind::Update], "no column can be updated"),
            Some(column) => {
                let update = format!(
                    "update {path} set {column} = {column} where {place} returning tableoid::text, ctid::text"
                );
                let answer = self.session.step(&update).await?;
                self.say(Kind::Update, &answer, |rows| {
                    shown(rows == 1, "the row is not updated")
                });
                place = self::place(&answer).unwrap_or(place);
            }
        }
        let delete = self
            .session
            .step(&format!("delete from {path} where {place} returning 1"))
            .await?;
        self.say(Kind::Delete, &delete, |rows| {
            shown(rows == 1, "the row is not deleted")
        });
        if !delete.rows.as_ref().is_ok_and(|rows| rows.len() == 1) {
            self.leave_out(&[Kind::Gone], "the row was not deleted");
            return Ok(None);
        }
        let gone = self
            .session
            .step(&format!("select 1 from {path} where {place}"))
            .await?;
        self.say(Kind::Gone, &gone, |rows| {
            shown(rows == 0, "the row is still there")
        });
        Ok(None)
    }

    /// A column that can be set to what it is; where the role may update none, the attempt says so.
    fn updated(&self) -> Option<String> {
        let plain = || {
            self.shape
                .columns
                .iter()
                .filter(|column| !column.is_generated && !column.is_identity)
        };
        let is_key = |name: &String| self.shape.unique.iter().any(|key| key.contains(name));
        let best = plain().find(|column| column.may_update && !is_key(&column.name));
        let column = best.or_else(|| plain().next())?;
        Some(identifier(&column.name))
    }

    /// A complaint that is empty is none.
    fn say(&mut self, kind: Kind, answer: &Answer, complaint: impl Fn(usize) -> &'static str) {
        let role = self.actor.role;
        let seen = match &answer.rows {
            Ok(rows) => match complaint(rows.len()) {
                "" => Seen::passed(""),
                complaint => Seen::failed("smoke-write-failed", complaint),
            },
            Err(trouble) if trouble.is_late() => late(trouble),
            Err(trouble) if trouble.is_denied() => Seen::failed(
                "smoke-write-failed",
                format!("{role} is denied: {}", trouble.message),
            ),
            Err(trouble) => Seen {
                code: Some("smoke-write-failed"),
                ..broken(trouble)
            },
        };
        self.probes
            .push(seen.probe(kind, Way::Sql, role, self.id, answer.took));
    }

    fn leave_out(&mut self, kinds: &[Kind], why: &str) {
        for kind in kinds {
            let seen = Seen::skipped(why);
            self.probes
                .push(seen.probe(*kind, Way::Sql, self.actor.role, self.id, Duration::ZERO));
        }
    }
}

fn shown(is_right: bool, complaint: &'static str) -> &'static str {
    if is_right { "" } else { complaint }
}

/// Where the row stands: nobody else sees it, so that it stays there.
fn place(answer: &Answer) -> Option<String> {
    let row = answer.rows.as_ref().ok()?.first()?;
    let (table, place) = (row.first()?.as_ref()?, row.get(1)?.as_ref()?);
    Some(format!("tableoid = {table} and ctid = '{place}'"))
}

/// Every column with a value gets it, identity columns too: none of them draws a number.
fn insert(path: &str, row: &Values) -> String {
    let columns: Vec<String> = row.keys().map(|name| identifier(name)).collect();
    let values: Vec<&str> = row.values().map(String::as_str).collect();
    let what = match columns.is_empty() {
        true => "default values".to_owned(),
        false => format!(
            "({}) overriding system value values ({})",
            columns.join(", "),
            values.join(", ")
        ),
    };
    format!("insert into {path} {what} returning tableoid::text, ctid::text")
}
