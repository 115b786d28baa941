//! What a request selects.

use super::embed::{self, Embedded};
use super::rows::{Found, Rows, Scope, find, names};
use super::spot::{Text, molds};
use super::walk::Walk;
use super::{How, nearest};
use crate::classes::shape::{Link, Named};
use crate::usage::code::{Call, HOLE, Place};
use crate::usage::select::{self, Embed, Item};

impl<'a> Walk<'a, '_> {
    pub(super) fn select(&mut self, scope: &mut Scope<'a>, call: &Call) {
        let Some(first) = call.arguments.first() else {
            return self.star(scope, call.place);
        };
        let (texts, is_open) = molds(first);
        let is_mold = texts.iter().any(|text| text.text.contains(HOLE));
        if is_open || is_mold {
            self.open(call.place, "what is selected is only known when it runs");
            // What it embeds is not known either, so that filters may name anything.
            scope
                .inside
                .insert(String::new(), Scope::new(Rows::Unknown));
        }
        for text in texts {
            match select::parse(&text.text) {
                Ok(items) if items.is_empty() => self.star(scope, text.place(0)),
                Ok(items) => self.items(scope, &items, &text),
                Err(_) if text.text.contains(HOLE) => {}
                Err(malformed) => {
                    let message = format!("what is selected cannot be read: {}", malformed.why);
                    let place = text.place(malformed.at);
                    self.problem(
                        "usage-query-malformed",
                        about(&scope.rows),
                        message,
                        None,
                        place,
                    );
                }
            }
        }
    }

    fn star(&mut self, scope: &Scope<'a>, place: Place) {
        if let Rows::Relation(named, relation) = &scope.rows {
            self.uses(&relation.id, How::ReadsAll, place);
            self.may_read_all(named, relation, place);
        }
    }

    fn items(&mut self, scope: &mut Scope<'a>, items: &[Item], text: &Text) {
        for item in items {
            match item {
                Item::Star => self.star(scope, text.place(0)),
                Item::Count => {}
                Item::Column(column) if column.name.contains(HOLE) => {}
                Item::Embed(embed) if embed.target.contains(HOLE) => {
                    let inner = Scope::new(Rows::Unknown);
                    scope
                        .inside
                        .extend(embed.alias.clone().map(|alias| (alias, inner)));
                }
                // `tags(count)` is how rows were counted before `count()`.
                Item::Column(column) if column.name == "count" && is_no_column(self, scope) => {}
                Item::Column(column) => {
                    let place = text.place(column.at);
                    self.column(scope, &column.name, How::Reads, place);
                }
                Item::Embed(embed) => self.embed(scope, embed, text),
            }
        }
    }

    fn embed(&mut self, scope: &mut Scope<'a>, embed: &Embed, text: &Text) {
        let place = text.place(embed.at);
        let mut inner = Scope::new(self.embedded(&scope.rows, embed, place));
        if let Rows::Relation(_, relation) = &inner.rows {
            self.uses(&relation.id, How::Reads, place);
        }
        self.may_read(&inner.rows, place);
        self.items(&mut inner, &embed.items, text);
        let name = embed.alias.as_ref().unwrap_or(&embed.target);
        scope.inside.insert(embed.target.clone(), inner.clone());
        scope.inside.insert(name.clone(), inner);
    }

    fn embedded(&mut self, rows: &Rows<'a>, embed: &Embed, place: Place) -> Rows<'a> {
        let Rows::Relation(from, _) = rows else {
            return Rows::Unknown;
        };
        match embed::find(self.shape, from, embed) {
            Embedded::Relation(named, links) => {
                for link in links {
                    self.uses_link(link, place);
                }
                self.rows_of_relation(Some(named))
            }
            Embedded::Computed(routine, named) => {
                self.uses(&routine.id, How::Calls, place);
                self.rows_of_relation(named)
            }
            Embedded::Unknown => {
                let why = format!(
                    "what {} is to {from} cannot be told from the contract",
                    embed.target
                );
                self.open(place, &why);
                Rows::Unknown
            }
            refused => {
                self.refused(from, embed, refused, place);
                Rows::Unknown
            }
        }
    }

    /// Says why nothing is embedded.
    fn refused(&mut self, from: &Named, embed: &Embed, why: Embedded<'_>, place: Place) {
        let target = &embed.target;
        let (code, message, suggestion) = match why {
            Embedded::Ambiguous(hints) => (
                "usage-relation-ambiguous",
                format!("{from} has several ways to {target}: {}", hints.join(", ")),
                hints.into_iter().next(),
            ),
            Embedded::Untied => (
                "usage-relation-missing",
                match &embed.hint {
                    Some(hint) => format!("no foreign key {hint} ties {target} to {from}"),
                    None => format!("no foreign key ties {target} to {from}"),
                },
                self.near_tie(from, embed),
            ),
            _ => (
                "usage-relation-missing",
                format!("{from} has nothing to embed by the name {target}"),
                self.near_tie(from, embed),
            ),
        };
        self.problem(code, from.to_string(), message, suggestion, place);
    }

    fn rows_of_relation(&self, named: Option<&Named>) -> Rows<'a> {
        let found = named.and_then(|named| self.shape.relations.get_key_value(named));
        found.map_or(Rows::Unknown, |(named, relation)| {
            Rows::Relation(named, relation)
        })
    }

    /// What is embedded needs the columns of the foreign key, and those of a table that joins.
    fn uses_link(&mut self, link: &Link, place: Place) {
        for column in &link.columns {
            let path = crate::sql::qualified(&[&link.from.schema, &link.from.name, column]);
            self.uses(
                &crate::classes::shape::id_of_column(&path),
                How::Filters,
                place,
            );
        }
        if let Some(relation) = self.shape.relations.get(&link.from) {
            self.uses(&relation.id, How::Reads, place);
        }
    }

    /// The name of something tied to a relation that is near to what was asked for.
    fn near_tie(&self, from: &Named, embed: &Embed) -> Option<String> {
        let links = self.shape.links.iter();
        let tied = links.filter_map(|link| {
            let other = if link.from == *from {
                &link.to
            } else {
                &link.from
            };
            let is_one = (link.from == *from || link.to == *from) && other.schema == from.schema;
            is_one.then_some(other.name.as_str())
        });
        nearest::nearest(&embed.target, tied).filter(|near| *near != embed.target)
    }

    /// Looks up a column that is read, written or filtered by.
    pub(super) fn column(
        &mut self,
        scope: &Scope<'a>,
        name: &str,
        how: How,
        place: Place,
    ) -> Option<&'a crate::classes::shape::Column> {
        match find(self.shape, &scope.rows, name) {
            Found::Column(column) => {
                if let Rows::Relation(named, relation) = &scope.rows {
                    self.uses_column(named, relation, column, how, place);
                }
                return Some(column);
            }
            Found::Computed(routine) => self.uses(&routine.id, How::Calls, place),
            Found::Given | Found::Unknown => {}
            Found::Missing => {
                let near = nearest::nearest(name, names(&scope.rows).into_iter());
                let about = about(&scope.rows);
                let message = format!("{about} has no column {name}");
                self.problem("usage-column-missing", about, message, near, place);
            }
        }
        None
    }
}

fn is_no_column(walk: &Walk<'_, '_>, scope: &Scope<'_>) -> bool {
    matches!(find(walk.shape, &scope.rows, "count"), Found::Missing)
}

/// What rows are of, in words.
pub(super) fn about(rows: &Rows<'_>) -> String {
    match rows {
        Rows::Relation(named, _) => named.to_string(),
        Rows::Columns(routine, _) => routine.id.path.to_string(),
        Rows::Unknown => "what is not known".to_owned(),
    }
}
