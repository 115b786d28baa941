//! What a table's rows are made of: columns and keys.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::smoke::catalog::text;
use crate::smoke::session::Session;
use crate::sql::literal;

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) type_name: String,
    /// The type under all domains.
    pub(super) base: String,
    pub(super) is_enum: bool,
    pub(super) is_array: bool,
    pub(super) is_range: bool,
    pub(super) length: Option<usize>,
    pub(super) is_required: bool,
    pub(super) is_identity: bool,
    pub(super) is_generated: bool,
    pub(super) default: Option<String>,
    pub(super) label: Option<String>,
    pub(super) may_update: bool,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) columns: Vec<String>,
    pub(super) to: String,
    pub(super) to_columns: Vec<String>,
}

/// A table's columns and keys.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) columns: Vec<Column>,
    pub(super) unique: Vec<BTreeSet<String>>,
    pub(super) references: Vec<Reference>,
}

impl Shape {
    /// Reads them; `role` is who will update.
    pub(super) async fn read(
        session: &mut Session,
        schema: &str,
        name: &str,
        role: &str,
    ) -> Result<Self> {
        let fill = |query: &str| {
            query
                .replace("{schema}", &literal(schema))
                .replace("{name}", &literal(name))
                .replace("{role}", &literal(role))
        };
        let rows = session.ask(&fill(include_str!("columns.sql"))).await?;
        let columns = rows.iter().map(|row| Column {
            name: text(row, 0),
            type_name: text(row, 1),
            base: text(row, 2),
            is_enum: text(row, 3) == "e",
            is_array: text(row, 4) == "A",
            is_range: matches!(text(row, 3).as_str(), "r" | "m"),
            length: text(row, 5).parse().ok(),
            is_required: text(row, 6) == "true",
            is_identity: !text(row, 7).is_empty(),
            is_generated: !text(row, 8).is_empty(),
            default: row[9].clone(),
            label: row[10].clone(),
            may_update: text(row, 11) == "true",
        });
        let mut shape = Self {
            columns: columns.collect(),
            unique: Vec::new(),
            references: Vec::new(),
        };
        for row in session.ask(&fill(include_str!("keys.sql"))).await? {
            let columns = names(&text(&row, 1));
            match text(&row, 0).as_str() {
                "unique" => shape.unique.push(columns.into_iter().collect()),
                _ => shape.references.push(Reference {
                    columns,
                    to: text(&row, 2),
                    to_columns: names(&text(&row, 3)),
                }),
            }
        }
        Ok(shape)
    }

    /// The foreign key that a column is all of.
    pub(super) fn reference_of(&self, column: &str) -> Option<&Reference> {
        self.references
            .iter()
            .find(|reference| reference.columns == [column])
    }

    /// Whether a column is part of any foreign key.
    pub(super) fn refers(&self, column: &str) -> bool {
        let mut references = self.references.iter();
        references.any(|reference| reference.columns.iter().any(|one| one == column))
    }
}

fn names(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}
