//! What a replay has to say, as findings.

use std::collections::BTreeMap;

use super::Outcome;
use crate::classes::Severity;
use crate::findings::{FailedStatement, Finding};

impl Outcome {
    /// One finding for each statement that failed or was left out where its tool would refuse it.
    pub fn findings(&self, severities: &BTreeMap<String, Severity>) -> Vec<Finding> {
        let failures = self.failures.iter().map(|failure| {
            let code = if failure.is_data {
                "migration-data-failed"
            } else {
                "migration-failed"
            };
            let message = match &failure.follows {
                Some(earlier) => {
                    format!("{}, which probably follows from {earlier}", failure.message)
                }
                None => failure.message.clone(),
            };
            let location = failure.statement.location.clone();
            Finding::of_statement(
                code,
                location,
                message,
                Some(failure.text.clone()),
                severities,
            )
        });
        let skipped = self.skipped.iter().map(|skipped| {
            Finding::of_statement(
                "migration-not-run",
                skipped.location.clone(),
                skipped.why.clone(),
                None,
                severities,
            )
        });
        failures.chain(skipped).collect()
    }

    /// The statements that failed, for judging what follows from them.
    pub fn failed(&self) -> Vec<FailedStatement> {
        self.failures
            .iter()
            .map(|failure| failure.statement.clone())
            .collect()
    }
}
