//! A row that fits: like one that is there where there is one, made up where there is none, with keys of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::hazard;
use super::shape::{Column, Reference, Shape};
use crate::error::Result;
use crate::smoke::routine::value_of;
use crate::smoke::session::{Actor, Row, Session};
use crate::smoke::settings::{Settings, Table};
use crate::sql::{identifier, literal};

/// Values by column, as literals; columns that are not named get their default.
pub(super) type Values = BTreeMap<String, String>;

/// Where values are looked up.
pub(super) struct Maker<'a> {
    pub(super) session: &'a mut Session,
    pub(super) settings: &'a Settings,
    pub(super) schema: &'a str,
    /// The table, quoted and qualified.
    pub(super) path: &'a str,
    pub(super) shape: &'a Shape,
    pub(super) table: &'a Table,
}

impl Maker<'_> {
    /// A row that is there, as text; nothing when there is none.
    pub(super) async fn sample(&mut self) -> Result<Option<Values>> {
        let columns: Vec<&Column> = self.written().collect();
        let list: Vec<String> = columns
            .iter()
            .map(|column| format!("{}::text", identifier(&column.name)))
            .collect();
        if list.is_empty() {
            return Ok(None);
        }
        let query = format!("select {} from {} limit 1", list.join(", "), self.path);
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        Ok(self.look_up(&query).await?.map(|row| {
            let values = names.into_iter().zip(row);
            values.map(|(name, value)| (name, spelled(value))).collect()
        }))
    }

    /// A new row after a sample, or of nothing; an error says what no value could be found for.
    ///
    /// Columns that would draw a number from a sequence always get a value of their own.
    pub(super) async fn row(&mut self, sample: Option<&Values>) -> Result<Result<Values, String>> {
        let mut values = match self.keys(sample).await? {
            Ok(values) => values,
            Err(why) => return Ok(Err(why)),
        };
        for column in self.written() {
            if let Some(value) = self.table.row.get(&column.name) {
                values.insert(column.name.clone(), value_of(value));
            }
        }
        let shape = self.shape;
        for column in shape.columns.iter().filter(|column| !column.is_generated) {
            if values.contains_key(&column.name) {
                continue;
            }
            match self.value(column, sample).await? {
                Ok(Some(value)) => {
                    values.insert(column.name.clone(), value);
                }
                Ok(None) => {}
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(values))
    }

    fn written(&self) -> impl Iterator<Item = &Column> + use<'_> {
        self.shape
            .columns
            .iter()
            .filter(|column| !column.is_generated)
    }

    /// Values that no other row has, for each unique key.
    async fn keys(&mut self, sample: Option<&Values>) -> Result<Result<Values, String>> {
        let mut values = Values::new();
        let shape = self.shape;
        for key in &shape.unique {
            let is_settled = key
                .iter()
                .any(|name| self.table.row.contains_key(name) || values.contains_key(name));
            if is_settled {
                continue;
            }
            let own = shape
                .columns
                .iter()
                .filter(|column| key.contains(&column.name));
            let own = own.filter(|column| !column.is_generated && !shape.refers(&column.name));
            let mut fresh = None;
            for column in own {
                fresh = self
                    .fresh(column, sample)
                    .await?
                    .map(|value| (column.name.clone(), value));
                if fresh.is_some() {
                    break;
                }
            }
            match fresh {
                Some((name, value)) => {
                    values.insert(name, value);
                }
                None => match self.unused(key).await? {
                    Ok(found) => values.extend(found),
                    Err(why) => return Ok(Err(why)),
                },
            }
        }
        Ok(Ok(values))
    }

    /// Referred rows that no row of the table refers to yet, for a key of nothing but references.
    async fn unused(&mut self, key: &BTreeSet<String>) -> Result<Result<Values, String>> {
        let shape = self.shape;
        let references: Option<Vec<(&String, &Reference)>> = key
            .iter()
            .map(|name| Some((name, shape.reference_of(name)?)))
            .collect();
        let Some(references) = references.filter(|references| !references.is_empty()) else {
            return Ok(Ok(Values::new()));
        };
        let (mut columns, mut tables, mut equal) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (name, reference)) in references.iter().enumerate() {
            let other = identifier(&reference.to_columns[0]);
            columns.push(format!("p{index}.{other}::text"));
            tables.push(format!("{} p{index}", reference.to));
            equal.push(format!("x.{} = p{index}.{other}", identifier(name)));
        }
        let query = format!(
            "select {} from {} where not exists (select from {} x where {}) limit 1",
            columns.join(", "),
            tables.join(", "),
            self.path,
            equal.join(" and ")
        );
        Ok(match self.look_up(&query).await? {
            Some(row) => {
                let names = references.iter().map(|(name, _)| (*name).clone());
                Ok(names.zip(row.into_iter().map(spelled)).collect())
            }
            None => Err(unseen(&references[0].1.to)),
        })
    }

    async fn value(
        &mut self,
        column: &Column,
        sample: Option<&Values>,
    ) -> Result<Result<Option<String>, String>> {
        let draws = match &column.default {
            _ if column.is_identity => true,
            Some(default) => hazard::of_expression(self.session, default)
                .await?
                .is_some(),
            None => false,
        };
        if draws && let Some(number) = self.fresh(column, sample).await? {
            return Ok(Ok(Some(number)));
        }
        if let Some(value) = sample.and_then(|sample| sample.get(&column.name)) {
            return Ok(Ok(Some(value.clone())));
        }
        if !draws && (column.default.is_some() || !column.is_required) {
            return Ok(Ok(None));
        }
        if !column.is_required {
            return Ok(Ok(Some("null".to_owned())));
        }
        if let Some(reference) = self.shape.reference_of(&column.name) {
            let query = format!(
                "select {}::text from {} limit 1",
                identifier(&reference.to_columns[0]),
                reference.to
            );
            return Ok(match self.look_up(&query).await? {
                Some(mut row) => Ok(row.pop().map(spelled)),
                None => Err(unseen(&reference.to)),
            });
        }
        Ok(made_up(column).map(Some).ok_or_else(|| {
            format!(
                "no value is known for {} of type {}: say one under [[smoke.table]] row",
                column.name, column.type_name
            )
        }))
    }

    /// A value that no other row has; nothing for types that none can be made of.
    async fn fresh(&mut self, column: &Column, sample: Option<&Values>) -> Result<Option<String>> {
        if column.is_enum || column.is_array || column.is_range {
            return Ok(None);
        }
        // Some way off, so that nobody who inserts at the same time waits for us.
        let step = match column.base.as_str() {
            "int2" => 1,
            "int4" | "int8" | "numeric" => 1_000,
            "uuid" => return Ok(Some("pg_catalog.gen_random_uuid()".to_owned())),
            "text" | "varchar" | "bpchar" | "citext" => {
                let random = "pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '')";
                let like = sample.and_then(|sample| sample.get(&column.name));
                let around = shape_of_text(&column.name, like.map_or("", String::as_str));
                let length = column.length.unwrap_or(40).min(40);
                return Ok(Some(match around {
                    Some((before, after)) => {
                        format!("{before} || 'pgpact-' || {random} || {after}")
                    }
                    None => format!("left('pgpact-' || {random}, {length})"),
                }));
            }
            "timestamptz" | "timestamp" => {
                return Ok(Some("pg_catalog.clock_timestamp()".to_owned()));
            }
            _ => return Ok(None),
        };
        let query = format!(
            "select (coalesce(max({}), 0) + {step})::text from {}",
            identifier(&column.name),
            self.path
        );
        Ok(self
            .look_up(&query)
            .await?
            .and_then(|mut row| row.pop())
            .flatten()
            .map(|number| literal(&number)))
    }

    /// The first row that the login sees, else the service role.
    async fn look_up(&mut self, query: &str) -> Result<Option<Row>> {
        let answer = self.session.try_as_login(self.schema, query).await?;
        if let Ok(mut rows) = answer.rows
            && !rows.is_empty()
        {
            return Ok(Some(rows.swap_remove(0)));
        }
        let service = Actor::of(&self.settings.roles.service);
        let answer = self.session.try_as(&service, self.schema, query).await?;
        Ok(answer.rows.unwrap_or_default().into_iter().next())
    }
}

fn spelled(value: Option<String>) -> String {
    value.map_or("null".to_owned(), |value| literal(&value))
}

/// Neither the login nor the service role may see one.
fn unseen(table: &str) -> String {
    format!("no row of {table} is seen that could be referred to")
}

/// What stands around a text that is an address, by the column's name or by a value that is there.
fn shape_of_text(name: &str, like: &str) -> Option<(&'static str, &'static str)> {
    if like.contains("://") || name.ends_with("url") {
        return Some(("'https://example.com/'", "''"));
    }
    (like.contains('@') || name.contains("email")).then_some(("''", "'@example.com'"))
}

/// Some value of a type.
fn made_up(column: &Column) -> Option<String> {
    if let Some(label) = &column.label {
        return Some(literal(label));
    }
    if column.is_array {
        return Some("'{}'".to_owned());
    }
    if column.is_range {
        return Some(
            if column.base.ends_with("multirange") {
                "'{}'"
            } else {
                "'empty'"
            }
            .to_owned(),
        );
    }
    let value = match column.base.as_str() {
        "bool" => "false",
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "money" => "'1'",
        "text" | "varchar" | "bpchar" | "citext" | "name" => {
            return Some(literal(&"pgpact"[..column.length.unwrap_or(6).min(6)]));
        }
        "uuid" => "pg_catalog.gen_random_uuid()",
        "timestamptz" | "timestamp" | "date" | "time" | "timetz" => "'now'",
        "interval" => "'1 hour'",
        "json" | "jsonb" => "'{}'",
        "bytea" | "tsvector" | "hstore" => "''",
        "inet" | "cidr" => "'127.0.0.1'",
        "macaddr" => "'08:00:2b:01:02:03'",
        "point" => "'(0,0)'",
        "xml" => "'<a/>'",
        _ => return None,
    };
    Some(value.to_owned())
}
