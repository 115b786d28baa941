//! What a running server counted, as far as advice asks for it: one query, in a read-only snapshot.

use serde::de::DeserializeOwned;

use super::Session;
use crate::classes::Statistics;
use crate::error::{Error, ErrorCode, Result};
use crate::sql;

impl Session {
    /// How far sequences have come, which indexes nobody used, which tables take more room than they need.
    pub async fn statistics(&mut self) -> Result<Statistics> {
        let rows = self.ask(include_str!("statistics.sql")).await?;
        let mut statistics = Statistics::default();
        for (kind, text) in &rows {
            match kind.as_str() {
                "drawn" => statistics.sequences.push(self.decoded(text)?),
                "hidden" => statistics.hidden_sequences = self.decoded(text)?,
                "unused" => {
                    let parts: Vec<String> = self.decoded(text)?;
                    statistics.unused_indexes.push(sql::qualified(&parts));
                }
                _ => statistics.bloated.push(self.decoded(text)?),
            }
        }
        Ok(statistics)
    }

    fn decoded<T: DeserializeOwned>(&self, text: &str) -> Result<T> {
        serde_json::from_str(text).map_err(|source| {
            let message = format!("{} counts in a way this version does not know", self.label);
            Error::new(ErrorCode::InspectFailed, message).with_source(source)
        })
    }
}
