//! Rows that a request adds, changes or deletes.

use std::collections::BTreeSet;

use super::rows::{Found, Rows, Scope, find};
use super::spot::field_texts;
use super::walk::Walk;
use super::{How, values};
use crate::classes::shape::{Named, Relation, RelationKind};
use crate::usage::code::{At, Call, Field, Place, Value};

/// Whether a method writes.
pub(super) fn is_write(method: &str) -> bool {
    matches!(method, "insert" | "upsert" | "update" | "delete")
}

impl<'a> Walk<'a, '_> {
    /// `selects` says whether what was written is asked for.
    pub(super) fn write(&mut self, scope: &Scope<'a>, call: &Call, selects: bool) {
        let Rows::Relation(named, relation) = scope.rows else {
            return;
        };
        if relation.kind == RelationKind::Materialized {
            let message = format!("{named} is a materialized view, which nobody writes");
            return self.problem(
                "usage-column-readonly",
                named.to_string(),
                message,
                None,
                call.place,
            );
        }
        let hows: &[(How, &str, &str)] = match &*call.method {
            "insert" => &[(How::Inserts, "INSERT", "add rows to")],
            "upsert" => &[
                (How::Inserts, "INSERT", "add rows to"),
                (How::Updates, "UPDATE", "change rows of"),
            ],
            "update" => &[(How::Updates, "UPDATE", "change rows of")],
            _ => &[(How::Deletes, "DELETE", "delete rows of")],
        };
        for (how, privilege, verb) in hows {
            self.uses(&relation.id, *how, call.place);
            // Columns may be granted one by one, and are looked at below.
            if !self.is_granted_in_part(relation, privilege) {
                self.may(named, relation, privilege, verb, call.place);
            }
        }
        if selects {
            self.uses(&relation.id, How::Reads, call.place);
        }
        let Some(rows) = call.arguments.first().filter(|_| &*call.method != "delete") else {
            return;
        };
        let how = hows[0].0;
        self.rows(scope, rows, how, call);
        if &*call.method == "upsert" {
            self.conflict(named, relation, call);
        }
    }

    fn is_granted_in_part(&self, relation: &Relation, privilege: &str) -> bool {
        let reach = self.shape.reach();
        matches!(privilege, "INSERT" | "UPDATE")
            && ["anon", "authenticated"]
                .iter()
                .any(|role| reach.may_some(role, &relation.id, privilege))
    }

    fn rows(&mut self, scope: &Scope<'a>, rows: &At, how: How, call: &Call) {
        match &rows.value {
            Value::Fields { fields, is_whole } => {
                self.row(scope, fields, *is_whole, how, rows.place);
            }
            Value::List { items, .. } => {
                for item in items {
                    self.rows(scope, item, how, call);
                }
            }
            Value::OneOf(values) => {
                for value in values {
                    self.rows(scope, value, how, call);
                }
            }
            Value::Unknown => self.open(call.place, "what is written is only known when it runs"),
            Value::Text { .. }
            | Value::Mold(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Null => {}
        }
    }

    fn row(&mut self, scope: &Scope<'a>, fields: &[Field], is_whole: bool, how: How, place: Place) {
        let Rows::Relation(named, relation) = scope.rows else {
            return;
        };
        for field in fields {
            self.field(scope, named, field, how);
        }
        let is_view = relation.kind != RelationKind::Table;
        if how != How::Inserts || !is_whole || relation.is_filled_by_triggers || is_view {
            return;
        }
        let given: BTreeSet<&str> = fields.iter().map(|field| &*field.name).collect();
        let columns = relation.columns.iter().flatten();
        let missing: Vec<&str> = columns
            .filter(|column| column.is_required && !column.has_default)
            .map(|column| column.name.as_str())
            .filter(|name| !given.contains(name))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "a row of {named} needs {}, which {} not given",
                missing.join(", "),
                if missing.len() == 1 { "is" } else { "are" }
            );
            self.problem(
                "usage-not-null-missing",
                named.to_string(),
                message,
                None,
                place,
            );
        }
    }

    fn field(&mut self, scope: &Scope<'a>, named: &Named, field: &Field, how: How) {
        // A function of the row can be read like a column, and not written.
        if let Found::Computed(_) = find(self.shape, &scope.rows, &field.name) {
            let message = format!(
                "{} of {named} is computed by a function and cannot be written",
                field.name
            );
            return self.problem(
                "usage-column-readonly",
                named.to_string(),
                message,
                None,
                field.place,
            );
        }
        let Some(column) = self.column(scope, &field.name, how, field.place) else {
            return;
        };
        if column.is_generated {
            let message = format!(
                "column {} of {named} is generated and cannot be written",
                column.name
            );
            return self.problem(
                "usage-column-readonly",
                named.to_string(),
                message,
                None,
                field.place,
            );
        }
        let is_filled =
            matches!(scope.rows, Rows::Relation(_, relation) if relation.is_filled_by_triggers);
        if field.value == Value::Null && column.is_required && !is_filled {
            let message = format!("column {} of {named} refuses null", column.name);
            return self.problem(
                "usage-not-null-missing",
                named.to_string(),
                message,
                None,
                field.place,
            );
        }
        let value = At {
            value: field.value.clone(),
            place: field.place,
        };
        if let Some(why) = values::mismatch(&column.kind, &value, values::From::Json) {
            let message = format!("{named}.{} is {}: {why}", column.name, column.type_name);
            self.problem(
                "usage-type-mismatch",
                named.to_string(),
                message,
                None,
                field.place,
            );
        }
    }

    /// An upsert goes by columns that are unique together.
    fn conflict(&mut self, named: &'a Named, relation: &'a Relation, call: &Call) {
        let scope = Scope::new(Rows::Relation(named, relation));
        for text in field_texts(call.arguments.get(1), "onConflict") {
            let names: BTreeSet<String> = text
                .text
                .split(',')
                .map(|name| name.trim().trim_matches('"').to_owned())
                .filter(|name| !name.is_empty())
                .collect();
            let is_known = names.iter().all(|name| {
                let found = self.column(&scope, name, How::Filters, text.place(0));
                found.is_some()
            });
            let is_table = relation.kind == RelationKind::Table;
            if is_known && is_table && !names.is_empty() && !relation.uniques.contains(&names) {
                let list: Vec<String> = names.into_iter().collect();
                let message = format!(
                    "no key or unique index of {named} is on {} for the upsert to go by",
                    list.join(", ")
                );
                let keys: Vec<String> = relation
                    .uniques
                    .iter()
                    .map(|key| key.iter().cloned().collect::<Vec<_>>().join(","))
                    .collect();
                let suggestion = keys.first().cloned();
                self.problem(
                    "usage-key-missing",
                    named.to_string(),
                    message,
                    suggestion,
                    text.place(0),
                );
            }
        }
    }
}
