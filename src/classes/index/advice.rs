//! Advice on indexes: those that do no work, and those that do the work of others.

use super::CLASS;
use crate::classes::advice::{Advice, Needs, Outlook, Rule, in_words};
use crate::classes::rules::{head_and_name, texts};
use crate::classes::{CodeEntry, Severity, constraint};
use crate::contract::{Object, ObjectId};
use crate::sql;

pub(in crate::classes) const RULES: &[Rule] = &[
    Rule {
        codes: &[
            CodeEntry {
                code: "lint-index-duplicate",
                severity: Severity::Warning,
                meaning: "Two indexes of a table are the same but for their names: each write does the work twice.",
                help: "Drop one of them; of an index and a constraint's, the index. One that a foreign key refers to cannot be dropped before that.",
            },
            CodeEntry {
                code: "lint-index-redundant",
                severity: Severity::Note,
                meaning: "An index leads another one of the same table: whatever it is used for, the longer one can do as well.",
                help: "Drop it, unless it is much smaller than the longer one and read all the time.",
            },
            CodeEntry {
                code: "lint-index-invalid",
                severity: Severity::Warning,
                meaning: "An index is invalid: no query uses it, and each write keeps it up. As a rule building it concurrently failed. Of a partitioned table: not every partition has its part.",
                help: "Build it anew, or drop it. Where a unique one failed, look for the rows that are there twice.",
            },
        ],
        needs: Needs::Contract,
        about: "indexes that do no work of their own",
        look,
    },
    Rule {
        codes: &[CodeEntry {
            code: "lint-index-unused",
            severity: Severity::Note,
            meaning: "No query used an index since the server began to count: each write keeps it up all the same.",
            help: "See since when is counted, and whether a replica or a yearly job uses it; then drop it.",
        }],
        needs: Needs::Statistics,
        about: "indexes that no query uses",
        look: unused,
    },
];

/// What is told of an index, or of the index behind a key.
#[derive(Debug)]
struct Shape<'a> {
    object: &'a Object,
    is_constraint: bool,
    is_unique: bool,
    method: &'a str,
    keys: Vec<String>,
    include: Vec<&'a str>,
    predicate: Option<&'a str>,
    nulls_not_distinct: bool,
    is_usable: bool,
}

impl<'a> Shape<'a> {
    fn of_index(object: &'a Object) -> Self {
        Self {
            object,
            is_constraint: false,
            is_unique: object.is("unique"),
            method: object.text("method").unwrap_or_default(),
            keys: texts(object, "keys")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            include: texts(object, "include"),
            predicate: object.text("predicate"),
            nulls_not_distinct: object.is("nulls_not_distinct"),
            is_usable: object.is("valid") && object.facts.get("ready").is_none(),
        }
    }

    /// Of a primary key or a unique constraint.
    fn of_key(object: &'a Object) -> Option<Self> {
        matches!(object.text("kind"), Some("primary key" | "unique")).then(|| {
            let columns = texts(object, "columns").into_iter();
            let is_range = object.is("without_overlaps");
            Self {
                object,
                is_constraint: true,
                // What may wait for the commit is unique only then.
                is_unique: !object.is("deferrable") && !is_range,
                method: if is_range { "gist" } else { "btree" },
                keys: columns.map(sql::identifier).collect(),
                include: texts(object, "include"),
                predicate: None,
                nulls_not_distinct: object.is("nulls_not_distinct"),
                is_usable: true,
            }
        })
    }

    fn name(&self) -> &'a str {
        head_and_name(&self.object.id.path).1
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.is_unique == other.is_unique
            && self.method == other.method
            && self.keys == other.keys
            && self.include == other.include
            && self.predicate == other.predicate
            && self.nulls_not_distinct == other.nulls_not_distinct
    }

    /// Whether the other one can do whatever this one does.
    fn is_led_by(&self, other: &Self) -> bool {
        let is_longer = other.keys.len() > self.keys.len() || other.is_unique;
        !self.is_unique
            && other.is_usable
            && self.method == "btree"
            && other.method == "btree"
            && is_longer
            && other.keys.starts_with(&self.keys)
            && self.predicate == other.predicate
            && self.include.iter().all(|column| {
                let key = sql::identifier(column);
                other.include.contains(column) || other.keys.contains(&key)
            })
    }
}

/// The indexes of a table, those behind keys first: they are what stays.
fn shapes<'a>(outlook: &Outlook<'a>, on: &ObjectId) -> Vec<Shape<'a>> {
    let keys = outlook.inside(on, &constraint::CLASS).into_iter();
    let mut shapes: Vec<Shape<'_>> = keys.filter_map(Shape::of_key).collect();
    let indexes = outlook.inside(on, &CLASS).into_iter();
    shapes.extend(indexes.map(Shape::of_index));
    shapes
}

/// Whether an index leads with these columns, in whatever order: one that equality finds rows by.
pub(in crate::classes) fn lead_with(
    outlook: &Outlook<'_>,
    on: &Object,
    columns: &[String],
) -> bool {
    shapes(outlook, &on.id).iter().any(|shape| {
        let finds = match shape.method {
            "btree" => true,
            "hash" => columns.len() == 1,
            _ => false,
        };
        let leading: Vec<Option<String>> = shape
            .keys
            .iter()
            .take(columns.len())
            .map(|key| column(key))
            .collect();
        finds
            && shape.is_usable
            && leading.len() == columns.len()
            && columns
                .iter()
                .all(|column| leading.contains(&Some(column.clone())))
            && shape
                .predicate
                .is_none_or(|text| leaves_out_nulls(text, columns))
    })
}

/// The column that a key of an index is, without quotes; none for an expression or one in another collation.
fn column(key: &str) -> Option<String> {
    let (name, rest) = match key.strip_prefix('"') {
        Some(rest) => {
            let end = rest.find("\" ").map_or(rest.len() - 1, |end| end);
            (&key[..end + 2], &rest[end + 1..])
        }
        None => key.split_at(key.find(' ').unwrap_or(key.len())),
    };
    let is_plain = !name.contains('(') && !rest.trim_start().starts_with("collate ");
    is_plain.then(|| sql::parts(name).concat())
}

/// Whether a partial index lacks nothing but nulls of these columns, which refer to nothing.
fn leaves_out_nulls(predicate: &str, columns: &[String]) -> bool {
    let bare = |text: &str| text.trim_matches(['(', ')']).trim().to_lowercase();
    let mut parts = predicate.split(" AND ");
    parts.all(|part| {
        columns.iter().any(|column| {
            bare(part) == format!("{} is not null", sql::identifier(column).to_lowercase())
        })
    })
}

fn look(outlook: &Outlook<'_>) -> Vec<Advice> {
    let mut advice: Vec<Advice> = outlook
        .ours(&CLASS)
        .filter(|index| !Shape::of_index(index).is_usable)
        .map(invalid)
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    let owners = outlook.ours(&CLASS).chain(outlook.ours(&constraint::CLASS));
    for on in owners.filter_map(|object| object.parent.as_ref()) {
        if seen.insert(on) {
            advice.extend(of_relation(&shapes(outlook, on)));
        }
    }
    advice
}

fn of_relation(shapes: &[Shape<'_>]) -> Vec<Advice> {
    let mut advice = Vec::new();
    for (place, shape) in shapes.iter().enumerate() {
        if !shape.is_usable {
            continue;
        }
        let same = shapes[..place]
            .iter()
            .find(|other| other.is_usable && other.is_same_as(shape));
        if let Some(other) = same {
            advice.push(duplicate(shape, other));
            continue;
        }
        let longer = shapes
            .iter()
            .enumerate()
            .find(|(at, other)| *at != place && !shape.is_constraint && shape.is_led_by(other));
        if let Some((_, other)) = longer {
            let keys = shape.keys.join(", ");
            let message = format!(
                "index {} on ({keys}) does nothing that {} does not do",
                shape.object.id.path,
                described(other)
            );
            let one = Advice::on(shape.object, "lint-index-redundant", message);
            advice.push(one.about("keys").remedy(drop_index(shape.object)));
        }
    }
    advice
}

fn duplicate(shape: &Shape<'_>, other: &Shape<'_>) -> Advice {
    let path = &shape.object.id.path;
    if shape.is_constraint {
        let (table, name) = head_and_name(path);
        let message = format!(
            "constraint {name} of {table} is the same as {}",
            described(other)
        );
        let sql = format!("alter table {table} drop constraint {name};");
        return Advice::on(shape.object, "lint-index-duplicate", message).remedy(sql);
    }
    let message = format!("index {path} is the same as {}", described(other));
    let one = Advice::on(shape.object, "lint-index-duplicate", message);
    one.about("keys").remedy(drop_index(shape.object))
}

fn described(shape: &Shape<'_>) -> String {
    match shape.is_constraint {
        true => format!("the index of constraint {}", shape.name()),
        false => format!("{} on ({})", shape.name(), shape.keys.join(", ")),
    }
}

fn drop_index(index: &Object) -> String {
    // What a partitioned table has is not dropped concurrently.
    let is_partitioned = index.facts.contains_key("parts");
    let how = if is_partitioned { "" } else { " concurrently" };
    format!("drop index{how} {};", index.id.path)
}

fn invalid(index: &Object) -> Advice {
    let path = &index.id.path;
    let message = format!("index {path} is invalid: no query uses it");
    Advice::on(index, "lint-index-invalid", message)
        .about("valid")
        .remedy(format!("reindex index concurrently {path};"))
}

fn unused(outlook: &Outlook<'_>) -> Vec<Advice> {
    let unused = outlook
        .statistics()
        .map(|statistics| &statistics.unused_indexes);
    let unused = unused.into_iter().flatten();
    unused
        .filter_map(|path| {
            let index = outlook.our(&CLASS, path)?;
            let table = index.text("table").unwrap_or_default();
            let keys = texts(index, "keys");
            let message = format!(
                "index {path} on {} of {table} was not used since counting began",
                in_words(&keys)
            );
            Some(Advice::on(index, "lint-index-unused", message).remedy(drop_index(index)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_a_key_is_told_from_an_expression() {
        assert_eq!(column("a").as_deref(), Some("a"));
        assert_eq!(column("a desc nulls last").as_deref(), Some("a"));
        assert_eq!(column("\"A b\" text_pattern_ops").as_deref(), Some("A b"));
        assert_eq!(column("\"A\"").as_deref(), Some("A"));
        assert_eq!(column("lower(a)"), None);
        assert_eq!(column("((a + b))"), None);
        assert_eq!(column("a collate pg_catalog.\"C\""), None);
    }

    #[test]
    fn a_partial_index_may_leave_out_nulls_of_the_key_alone() {
        let columns = ["a".to_owned(), "b".to_owned()];
        assert!(leaves_out_nulls("(a IS NOT NULL)", &columns));
        assert!(leaves_out_nulls(
            "((a IS NOT NULL) AND (b IS NOT NULL))",
            &columns
        ));
        assert!(!leaves_out_nulls("(c IS NOT NULL)", &columns));
        assert!(!leaves_out_nulls("((a IS NOT NULL) AND (c > 1))", &columns));
    }
}
