//! When two spellings of a version are the same, and which comes first.

use crate::inspect::Tool;

/// A version to compare by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    numbers: Vec<u128>,
    text: String,
}

impl Version {
    /// Reads a version as a tool does.
    pub(super) fn new(tool: Tool, text: &str) -> Self {
        let numbers = match tool {
            // The column is text, and compared as such.
            Tool::Supabase | Tool::Prisma | Tool::Dbmate | Tool::Plain => None,
            Tool::Sqlx
            | Tool::Drizzle
            | Tool::Flyway
            | Tool::Refinery
            | Tool::Goose
            | Tool::GolangMigrate => numbers(text),
        };
        match numbers {
            Some(numbers) => Self {
                numbers,
                text: String::new(),
            },
            None => Self {
                numbers: Vec::new(),
                text: text.to_owned(),
            },
        }
    }
}

/// 1.0 is 1, and 001 as well.
fn numbers(text: &str) -> Option<Vec<u128>> {
    let parts = text.split(['.', '_']).map(|part| part.parse().ok());
    let mut numbers = parts.collect::<Option<Vec<u128>>>()?;
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}
