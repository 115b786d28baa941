//! What a replay has to say, as findings.

use std::collections::BTreeMap;

use super::{Failure, Outcome};
use crate::classes::Severity;
use crate::findings::{FailedStatement, Finding};

/// What Postgres says where it was built without something, ICU for one, as releases that are fetched are.
const NOT_BUILT: &str = "is not supported in this build";

/// What Postgres says of a failure, and where it comes from when that is not the statement.
fn explained(failure: &Failure) -> String {
    let message = &failure.message;
    match &failure.follows {
        Some(earlier) => format!("{message}, which probably follows from {earlier}"),
        None if message.contains(NOT_BUILT) => format!(
            "{message} of Postgres, which replays the migrations: another installation may have it, named with --pg-bin"
        ),
        None => message.clone(),
    }
}

impl Outcome {
    /// One finding for each statement that failed or was left out where its tool would refuse it.
    pub fn findings(&self, severities: &BTreeMap<String, Severity>) -> Vec<Finding> {
        let failures = self.failures.iter().map(|failure| {
            let code = if failure.is_data {
                "migration-data-failed"
            } else {
                "migration-failed"
            };
            let message = explained(failure);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Location;

    #[test]
    fn what_a_build_lacks_is_not_put_down_to_the_statement() {
        let failure = |message: &str| Failure {
            statement: FailedStatement {
                location: Location::default(),
                names: Default::default(),
            },
            text: "create collation german (provider = icu, locale = 'de')".to_owned(),
            message: message.to_owned(),
            is_data: false,
            follows: None,
        };
        let said = explained(&failure("ICU is not supported in this build"));
        assert!(said.starts_with("ICU is not supported in this build of Postgres, which replays"));
        assert!(said.contains("--pg-bin"));
        let usual = "column \"a\" does not exist";
        assert_eq!(explained(&failure(usual)), usual);
    }
}
