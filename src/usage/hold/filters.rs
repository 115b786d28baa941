//! Which rows a request asks for, and in which order.

use super::rows::{Rows, Scope};
use super::spot::{Text, molds, texts};
use super::walk::Walk;
use super::{How, values};
use crate::classes::shape::Column;
use crate::usage::code::{At, Call, HOLE, Place, Value};
use crate::usage::filter;

/// Filters whose value is one of the column's type.
const COMPARE: &[&str] = &["eq", "neq", "gt", "gte", "lt", "lte", "isDistinct"];

/// Filters that an index finds the rows of.
const NARROW: &[&str] = &["eq", "in", "gt", "gte", "lt", "lte", "match"];

/// Filters by a column that compare it with something else.
const FILTERS: &[&str] = &[
    "like",
    "ilike",
    "likeAllOf",
    "likeAnyOf",
    "ilikeAllOf",
    "ilikeAnyOf",
    "is",
    "contains",
    "containedBy",
    "rangeGt",
    "rangeGte",
    "rangeLt",
    "rangeLte",
    "rangeAdjacent",
    "overlaps",
    "textSearch",
    "regexMatch",
    "regexIMatch",
    "not",
    "filter",
];

impl<'a> Walk<'a, '_> {
    pub(super) fn filter(&mut self, scope: &Scope<'a>, call: &Call) {
        self.slow.narrows = NARROW.contains(&&*call.method);
        match &*call.method {
            "match" => self.matches(scope, call),
            "or" | "and" => self.conditions(scope, call),
            "order" => {
                if let Some(rows) = self.rows_of_option(scope, call, 1) {
                    self.order(&rows.clone(), call);
                }
            }
            "in" | "notIn" => self.by_column(scope, call, Compared::Each),
            method if COMPARE.contains(&method) => self.by_column(scope, call, Compared::One),
            method if FILTERS.contains(&method) => self.by_column(scope, call, Compared::No),
            _ => {}
        }
    }

    fn by_column(&mut self, scope: &Scope<'a>, call: &Call, compared: Compared) {
        let Some(first) = call.arguments.first() else {
            return;
        };
        let (names, is_open) = texts(first);
        if is_open {
            self.open(
                call.place,
                "by which column is filtered is only known when it runs",
            );
        }
        for name in names {
            let Some((column, has_path)) = self.named_column(scope, &name) else {
                continue;
            };
            let value = call.arguments.get(1).filter(|_| !has_path);
            let (Some(column), Some(value)) = (column, value) else {
                continue;
            };
            self.compare(scope, column, value, compared);
        }
    }

    fn compare(&mut self, scope: &Scope<'a>, column: &Column, value: &At, compared: Compared) {
        let one = std::slice::from_ref(value);
        let each: &[At] = match (&value.value, compared) {
            (_, Compared::No) => &[],
            (Value::List { items, .. }, Compared::Each) => items,
            (_, Compared::Each) => &[],
            (_, Compared::One) => one,
        };
        for value in each {
            if let Some(why) = values::mismatch(&column.kind, value, values::From::Url) {
                let about = super::selects::about(&scope.rows);
                let message = format!("{about}.{} is {}: {why}", column.name, column.type_name);
                self.problem("usage-type-mismatch", about, message, None, value.place);
            }
        }
    }

    /// A column by the name a filter gives it: `org.name` is one of what is embedded, `meta->>a` a part.
    ///
    /// Nothing where it cannot be judged; inside of that nothing where it is none of the relation.
    fn named_column(
        &mut self,
        scope: &Scope<'a>,
        name: &Text,
    ) -> Option<(Option<&'a Column>, bool)> {
        let bare = name.text.split("->").next().unwrap_or_default();
        let has_path = bare.len() < name.text.len();
        // A cast is part of no name.
        let bare = bare.split("::").next().unwrap_or_default().trim();
        let (mut scope, mut rest) = (scope, bare);
        while let Some((outer, inner)) = rest.split_once('.') {
            match scope.inside.get(outer) {
                Some(found) => scope = found,
                None => {
                    self.not_embedded(scope, outer, name.place(0));
                    return None;
                }
            }
            rest = inner;
        }
        // Rows of what is embedded are there or not: `.not("org", "is", null)`.
        if scope.inside.contains_key(rest) {
            return None;
        }
        let rest = rest.trim_matches('"');
        if rest.is_empty() {
            return None;
        }
        let place = name.place(bare.len() - rest.len().min(bare.len()));
        let column = self.column(scope, rest, How::Filters, place);
        self.note_index(scope, column, place);
        Some((column, has_path))
    }

    pub(super) fn not_embedded(&mut self, scope: &Scope<'a>, name: &str, place: Place) {
        if matches!(scope.rows, Rows::Unknown) || scope.inside.contains_key("") {
            return;
        }
        let about = super::selects::about(&scope.rows);
        let message = format!("the request embeds nothing by the name {name} to filter by");
        self.problem("usage-relation-missing", about, message, None, place);
    }

    fn note_index(&mut self, scope: &Scope<'a>, column: Option<&Column>, place: Place) {
        let (Some(column), Rows::Relation(named, relation)) = (column, &scope.rows) else {
            return;
        };
        if !self.terms.large.contains(*named) {
            return;
        }
        if relation.leading.contains(&column.name) {
            self.slow.is_narrowed |= self.slow.narrows;
        } else {
            let message = format!("{named} is large, and no index begins with {}", column.name);
            self.slow.filters.push((named.to_string(), message, place));
        }
    }

    /// Notes filters that read a large table whole: one that an index serves leaves little for the others.
    pub(super) fn note_slow(&mut self) {
        let slow = std::mem::take(&mut self.slow);
        for (about, message, place) in slow.filters {
            if !slow.is_narrowed {
                self.problem("usage-index-missing", about, message, None, place);
            }
        }
    }

    fn matches(&mut self, scope: &Scope<'a>, call: &Call) {
        let Some(At {
            value: Value::Fields { fields, .. },
            ..
        }) = call.arguments.first()
        else {
            return self.open(
                call.place,
                "by which columns is filtered is only known when it runs",
            );
        };
        for each in fields {
            let at = At {
                value: Value::Text {
                    text: each.name.clone(),
                    is_verbatim: true,
                },
                place: each.place,
            };
            for name in texts(&at).0 {
                if let Some((Some(column), false)) = self.named_column(scope, &name) {
                    let value = At {
                        value: each.value.clone(),
                        place: each.place,
                    };
                    self.compare(scope, column, &value, Compared::One);
                }
            }
        }
    }

    fn conditions(&mut self, scope: &Scope<'a>, call: &Call) {
        let Some(first) = call.arguments.first() else {
            return;
        };
        let Some(rows) = self.rows_of_option(scope, call, 1).cloned() else {
            return;
        };
        let (texts, is_open) = molds(first);
        if is_open {
            self.open(call.place, "the conditions are only known when it runs");
        }
        for text in texts {
            let Some(conditions) = filter::parse(&text.text) else {
                if text.text.contains(HOLE) {
                    self.open(call.place, "the conditions are only known when it runs");
                    continue;
                }
                let about = super::selects::about(&rows.rows);
                let message = "the conditions cannot be read".to_owned();
                self.problem("usage-query-malformed", about, message, None, text.place(0));
                continue;
            };
            let known = conditions
                .into_iter()
                .filter(|one| !one.column.contains(HOLE));
            for one in known {
                let name = text.piece(one.at, &one.column);
                let found = self.named_column(&rows, &name);
                let is_compared = COMPARE.contains(&one.operator.as_str())
                    && !one.has_path
                    && !one.value.contains(HOLE);
                if let (Some((Some(column), _)), true) = (found, is_compared) {
                    let value = At {
                        value: Value::Text {
                            text: one.value.trim_matches('"').into(),
                            is_verbatim: true,
                        },
                        place: name.place(0),
                    };
                    self.compare(&rows, column, &value, Compared::One);
                }
            }
        }
    }

    fn order(&mut self, scope: &Scope<'a>, call: &Call) {
        let Some(first) = call.arguments.first() else {
            return;
        };
        let (names, is_open) = texts(first);
        if is_open {
            self.open(call.place, "by what is sorted is only known when it runs");
        }
        for name in names {
            // `org(name)` sorts by a column of what is embedded.
            let text = match name.text.split_once('(') {
                Some((outer, rest)) => {
                    format!("{}.{}", outer.trim(), rest.trim_end_matches(')').trim())
                }
                None => name.text.to_string(),
            };
            for piece in text.split(',') {
                let piece = piece.trim();
                let bare = [".asc", ".desc", ".nullsfirst", ".nullslast"]
                    .iter()
                    .fold(piece, |text, ending| {
                        text.split(ending).next().unwrap_or(text)
                    });
                self.sorted_by(scope, &name.piece(0, bare));
            }
        }
    }

    /// Columns and what the request itself names may be sorted by.
    fn sorted_by(&mut self, scope: &Scope<'a>, name: &Text) {
        let mut quiet = scope.clone();
        if let Some((outer, _)) = name.text.split_once('.')
            && !quiet.inside.contains_key(outer)
        {
            quiet
                .inside
                .insert(String::new(), Scope::new(Rows::Unknown));
        }
        self.named_column(&quiet, name);
    }
}

/// Whether a filter's value is compared with a column's.
#[derive(Debug, Clone, Copy)]
enum Compared {
    One,
    Each,
    No,
}
