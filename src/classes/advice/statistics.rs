//! What a running server counted, as far as advice asks for it.

use serde::{Deserialize, Deserializer};

use crate::sql;

/// What a running server counted; names are quoted and qualified.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// How far sequences have come.
    pub sequences: Vec<SequenceUse>,
    /// How many sequences keep their value from whoever asks.
    pub hidden_sequences: usize,
    /// Indexes that no query has used since counting began.
    pub unused_indexes: Vec<String>,
    /// Tables that take far more room than their rows need.
    pub bloated: Vec<Bloat>,
}

/// How far a sequence has come.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SequenceUse {
    /// The sequence.
    #[serde(deserialize_with = "path")]
    pub sequence: String,
    /// The column that draws from it, where one owns it.
    #[serde(deserialize_with = "path_if_any")]
    pub column: Option<String>,
    /// Its last value.
    pub last: i64,
    /// The greatest value that it, or its column, can have.
    pub limit: i64,
    /// How much of its range is used up, from 0 to 1.
    pub used: f64,
}

/// A table that takes far more room than its rows need.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Bloat {
    /// The table.
    #[serde(deserialize_with = "path")]
    pub table: String,
    /// How many bytes are more than its rows need.
    pub wasted: u64,
    /// How many times the room that its rows need it takes.
    pub ratio: f64,
}

/// A name as its parts, quoted and qualified.
fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let parts = Vec::<String>::deserialize(deserializer)?;
    Ok(sql::qualified(&parts))
}

fn path_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let parts = Option::<Vec<String>>::deserialize(deserializer)?;
    Ok(parts.map(|parts| sql::qualified(&parts)))
}
