//! The matrix: who may do what, one cell a line, and what is another in it than in one before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Read own rows.
    SelectOwn,
    /// Read rows of others.
    SelectOther,
    /// Add rows of one's own.
    InsertOwn,
    /// Add rows for others.
    InsertOther,
    /// Change own rows.
    UpdateOwn,
    /// Change rows of others.
    UpdateOther,
    /// Give own rows to another tenant.
    MoveTenant,
    /// Delete own rows.
    DeleteOwn,
    /// Delete rows of others.
    DeleteOther,
    /// Call a function.
    Call,
}

impl Operation {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::SelectOwn,
        Self::SelectOther,
        Self::InsertOwn,
        Self::InsertOther,
        Self::UpdateOwn,
        Self::UpdateOther,
        Self::MoveTenant,
        Self::DeleteOwn,
        Self::DeleteOther,
        Self::Call,
    ];

    /// The word of files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelectOwn => "select-own",
            Self::SelectOther => "select-other",
            Self::InsertOwn => "insert-own",
            Self::InsertOther => "insert-other",
            Self::UpdateOwn => "update-own",
            Self::UpdateOther => "update-other",
            Self::MoveTenant => "move-tenant",
            Self::DeleteOwn => "delete-own",
            Self::DeleteOther => "delete-other",
            Self::Call => "call",
        }
    }

    /// In a sentence after "may".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::SelectOwn => "select own rows",
            Self::SelectOther => "select rows of others",
            Self::InsertOwn => "insert own rows",
            Self::InsertOther => "insert rows for others",
            Self::UpdateOwn => "update own rows",
            Self::UpdateOther => "update rows of others",
            Self::MoveTenant => "move own rows to another tenant",
            Self::DeleteOwn => "delete own rows",
            Self::DeleteOther => "delete rows of others",
            Self::Call => "call it",
        }
    }

    /// Whether a word of a rule means it: its own name, or the command alone.
    pub fn is_meant_by(self, word: &str) -> bool {
        let name = self.as_str();
        let command = name.split('-').next().unwrap_or(name);
        word == name || word == command || (self == Self::MoveTenant && word == "update")
    }

    /// The command as `pg_policy.polcmd` has it.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::SelectOwn | Self::SelectOther | Self::Call => "r",
            Self::InsertOwn | Self::InsertOther => "a",
            Self::UpdateOwn | Self::UpdateOther | Self::MoveTenant => "w",
            Self::DeleteOwn | Self::DeleteOther => "d",
        }
    }

    /// Whether it concerns what is not the actor's own.
    pub fn is_for_others(self) -> bool {
        matches!(
            self,
            Self::SelectOther
                | Self::InsertOther
                | Self::UpdateOther
                | Self::MoveTenant
                | Self::DeleteOther
        )
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// Nothing was refused, and no row was reached.
    Filtered,
    /// It was refused.
    Denied,
    /// Nobody could tell.
    Unproven,
}

impl Outcome {
    /// The word of files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Filtered => "filtered",
            Self::Denied => "denied",
            Self::Unproven => "unproven",
        }
    }
}

/// One actor, one operation, one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The table, view, function or bucket, quoted and qualified.
    pub object: String,
    /// Who.
    pub actor: String,
    /// What.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub because: String,
}

/// All cells, sorted by object, actor and operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Them.
    pub cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct File {
    schema_version: u32,
    cells: Vec<Cell>,
}

/// A cell that is another than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved<'a> {
    /// As it was; none for a new object or actor.
    pub before: Option<&'a Cell>,
    /// As it is; none where it is gone.
    pub after: Option<&'a Cell>,
}

impl Moved<'_> {
    /// Whether somebody may do what they could not, or what nobody had looked at.
    pub fn is_wider(&self) -> bool {
        let may = |cell: Option<&Cell>| cell.is_some_and(|cell| cell.outcome == Outcome::Allowed);
        may(self.after) && !may(self.before)
    }

    /// Whether somebody may not do what they could.
    pub fn is_narrower(&self) -> bool {
        let may = |cell: Option<&Cell>| cell.is_some_and(|cell| cell.outcome == Outcome::Allowed);
        may(self.before) && !may(self.after)
    }
}

impl Matrix {
    /// Sorts cells.
    pub fn of(mut cells: Vec<Cell>) -> Self {
        cells.sort_by(|a, b| {
            let key = |cell: &Cell| (cell.object.clone(), cell.actor.clone(), cell.operation);
            key(a).cmp(&key(b))
        });
        Self { cells }
    }

    /// Reads a committed matrix, or says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match file.schema_version {
            1 => Ok(Self::of(file.cells)),
            version => Err(format!("schema_version is {version}; this version reads 1")),
        }
    }

    /// The file that is committed: one cell a line.
    pub fn to_json(&self) -> String {
        let mut text = "{\"schema_version\": 1, \"cells\": [".to_owned();
        for (index, cell) in self.cells.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let line = serde_json::to_string(cell).unwrap_or_default();
            let _ = write!(text, "{comma}\n  {line}");
        }
        text.push_str("\n]}\n");
        text
    }

    /// Cells whose outcome is another than in `before`; reasons may change.
    pub fn moved<'a>(&'a self, before: &'a Self) -> Vec<Moved<'a>> {
        let key = |cell: &Cell| (cell.object.clone(), cell.actor.clone(), cell.operation);
        let mut all: BTreeMap<_, Moved<'a>> = BTreeMap::new();
        let none = || Moved {
            before: None,
            after: None,
        };
        for cell in &before.cells {
            all.entry(key(cell)).or_insert_with(none).before = Some(cell);
        }
        for cell in &self.cells {
            all.entry(key(cell)).or_insert_with(none).after = Some(cell);
        }
        let outcome = |cell: Option<&Cell>| cell.map(|cell| cell.outcome);
        all.into_values()
            .filter(|moved| outcome(moved.before) != outcome(moved.after))
            .collect()
    }
}
