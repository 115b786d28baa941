//! Changes that code listens to, and files that it keeps.

use super::rows::{Rows, Scope};
use super::spot::{field_texts, texts};
use super::walk::Walk;
use super::{How, nearest};
use crate::usage::code::Call;

impl Walk<'_, '_> {
    /// `.on("postgres_changes", { schema, table, filter })`.
    pub(super) fn listen(&mut self, calls: &[Call]) {
        for call in calls.iter().filter(|call| &*call.method == "on") {
            let is_of_tables = call.arguments.first().is_some_and(|first| {
                texts(first)
                    .0
                    .iter()
                    .any(|text| &*text.text == "postgres_changes")
            });
            if is_of_tables {
                self.listen_to(call);
            }
        }
    }

    fn listen_to(&mut self, call: &Call) {
        let options = call.arguments.get(1);
        let schema = field_texts(options, "schema");
        let schema = schema
            .first()
            .map_or("public", |schema| &*schema.text)
            .to_owned();
        for table in field_texts(options, "table") {
            if &*table.text == "*" || schema == "*" {
                continue;
            }
            let place = table.place(0);
            let Some((named, relation)) = self.relation(&schema, &table.text, place) else {
                continue;
            };
            self.judged();
            self.uses(&relation.id, How::Listens, place);
            if self
                .shape
                .published
                .as_ref()
                .is_some_and(|published| !published.contains(named))
            {
                let message = format!(
                    "changes of {named} are not sent to anybody: no publication for them has it"
                );
                self.problem(
                    "usage-realtime-missing",
                    named.to_string(),
                    message,
                    None,
                    place,
                );
            }
            let scope = Scope::new(Rows::Relation(named, relation));
            for filter in field_texts(options, "filter") {
                if let Some((column, _)) = filter.text.split_once('=') {
                    self.column(&scope, column.trim(), How::Filters, filter.place(0));
                }
            }
        }
    }

    /// `storage.from("avatars")`.
    pub(super) fn bucket(&mut self, call: &Call) {
        let (names, is_open) = call.arguments.first().map(texts).unwrap_or_default();
        if is_open || names.is_empty() {
            self.open(
                call.place,
                "which bucket is meant is only known when it runs",
            );
        }
        for name in names {
            let place = name.place(0);
            let Some(buckets) = &self.shape.buckets else {
                self.open(place, "the contract says no buckets");
                continue;
            };
            self.judged();
            if buckets.contains(&*name.text) {
                self.uses(
                    &crate::classes::shape::id_of_bucket(&name.text),
                    How::Stores,
                    place,
                );
                continue;
            }
            let near = nearest::nearest(&name.text, buckets.iter().map(String::as_str));
            let message = format!("there is no bucket {}", name.text);
            self.problem(
                "usage-bucket-missing",
                name.text.to_string(),
                message,
                near,
                place,
            );
        }
    }
}
