//! One statement of a plan: the SQL, where it stands, what it costs, what it asks of the data.

use super::{Site, dollar_quoted};
use crate::sql;

/// In which part of the file a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Before the transaction, on its own: a value of an enum can be used only once it is committed.
    Before,
    /// In the one transaction.
    Transaction,
    /// After it, each on its own: what takes long and blocks nobody, such as an index built concurrently.
    After,
}

/// Postgres' own names of the locks that DDL takes on tables (documentation, chapter "Explicit Locking").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Blocks writers' DDL only; reads and writes go on.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes.
    ShareRowExclusive,
    /// Blocks reads and writes.
    AccessExclusive,
}

impl Lock {
    /// As `pg_locks` and the documentation write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// What a statement costs and what may go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Risk {
    /// The strongest lock on a relation that may hold data, and the relation.
    pub lock: Option<(Lock, String)>,
    /// Whether the relation is written anew.
    pub rewrites: bool,
    /// Whether every row is read.
    pub scans: bool,
    /// The name for `--allow`, where data is lost.
    pub loses: Option<&'static str>,
    /// Why it may fail on the data that is there.
    pub can_fail: Option<String>,
    /// How large the relation is, where rows are read or written and somebody has looked.
    pub size: Option<Size>,
}

/// A question about the data that is asked before anybody runs the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCheck {
    /// What the rows would violate.
    pub question: String,
    /// A query that returns the rows that would, from `select from` on; read-only.
    pub query: String,
    /// Columns that tell one of these rows from others, quoted.
    pub key: Vec<String>,
}

impl DataCheck {
    /// A query for the key of one such row, spelled for people.
    pub fn example(&self) -> String {
        let part = |column: &String| {
            let label = sql::literal(&format!("{column} = "));
            format!("{label} || coalesce(({column})::text, 'null')")
        };
        let parts: Vec<String> = self.key.iter().map(part).collect();
        let select = format!("select concat_ws(', ', {})", parts.join(", "));
        self.query.replacen("select", &select, 1)
    }
}

/// How large a relation is, its indexes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    /// On disk.
    pub bytes: u64,
    /// What the planner believes; none before the first `analyze`.
    pub rows: Option<u64>,
}

/// One statement of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL, without a semicolon at its end.
    pub sql: String,
    /// Where it stands.
    pub section: Section,
    /// What to run in the transaction instead, when something in it waits for this.
    pub inline: Option<String>,
    /// Whether it waits for all that the object needs while the rest of the object does not: `owned by`.
    pub is_late: bool,
    /// Whether it comes before whatever is inside of its object changes: a table leaves its parent.
    pub is_early: bool,
    /// Whether it comes before everything that is not needed for it: row security goes on first.
    pub is_first: bool,
    /// Whether it is left out of the proof, since a scratch must give nobody such rights.
    pub is_unrehearsed: bool,
    /// `alter table …` and the action: neighbours on one table become one statement.
    pub mergeable: Option<(String, String)>,
    /// What it costs.
    pub risk: Risk,
    /// What the data must satisfy.
    pub check: Option<DataCheck>,
}

impl Statement {
    /// A statement in the transaction that costs nothing.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            section: Section::Transaction,
            inline: None,
            is_late: false,
            is_early: false,
            is_first: false,
            is_unrehearsed: false,
            mergeable: None,
            risk: Risk::default(),
            check: None,
        }
    }

    /// An action of `alter table`, which neighbours on the same table join.
    pub fn action(table: &str, action: impl Into<String>) -> Self {
        let (head, action) = (format!("alter table {table}"), action.into());
        let mut statement = Self::new(format!("{head} {action}"));
        statement.mergeable = Some((head, action));
        statement
    }

    /// A statement that only runs where a condition holds.
    pub fn guarded(condition: &str, sql: &str) -> Self {
        let body = format!("begin\n  if {condition} then\n    {sql};\n  end if;\nend");
        Self::new(format!("do {}", dollar_quoted(&body)))
    }

    /// Whether it does nothing where there is nothing to drop, and otherwise just that.
    pub fn is_quiet(&self) -> bool {
        let is_guarded = self.sql.starts_with("do ") && self.sql.contains(" then\n    drop ");
        is_guarded
            || self.sql.starts_with("drop ")
            || self.sql.starts_with("alter table if exists ")
    }

    /// Takes a lock, unless there is no data behind it yet.
    pub fn lock(mut self, site: &Site<'_>, lock: Lock, relation: &str) -> Self {
        if !site.is_inside_new {
            self.risk.lock = Some((lock, relation.to_owned()));
        }
        self
    }

    /// Writes the relation anew, unless there is no data yet.
    pub fn rewriting(mut self, site: &Site<'_>) -> Self {
        self.risk.rewrites = !site.is_inside_new;
        self
    }

    /// Reads every row, unless there is no data yet.
    pub fn scanning(mut self, site: &Site<'_>) -> Self {
        self.risk.scans = !site.is_inside_new;
        self
    }

    /// Loses data: withheld without `--allow NAME`.
    pub fn losing(mut self, name: &'static str) -> Self {
        self.risk.loses = Some(name);
        self
    }

    /// May fail on existing data, for a reason.
    pub fn can_fail(mut self, site: &Site<'_>, why: impl Into<String>) -> Self {
        if !site.is_inside_new {
            self.risk.can_fail = Some(why.into());
        }
        self
    }

    /// Asks the data first, unless there is none yet. The key is that of the rows the query returns.
    pub fn checked(
        mut self,
        site: &Site<'_>,
        question: &str,
        query: impl Into<String>,
        key: Vec<String>,
    ) -> Self {
        if !site.is_inside_new {
            self.check = Some(DataCheck {
                question: question.to_owned(),
                query: query.into(),
                key,
            });
        }
        self
    }

    /// Stands before the transaction.
    pub fn before(mut self) -> Self {
        self.section = Section::Before;
        self
    }

    /// Stands after the transaction; `inline` is what to run in it when something there waits for this.
    pub fn after(mut self, inline: impl Into<String>) -> Self {
        self.section = Section::After;
        self.inline = Some(inline.into());
        self
    }

    /// The same inside of a transaction that is not ours to end: what would block nobody blocks writes then.
    pub fn inline_it(&mut self) {
        if self.section != Section::After {
            return;
        }
        self.section = Section::Transaction;
        let inline = self.inline.take().unwrap_or_else(|| self.sql.clone());
        let is_other = inline != self.sql;
        self.sql = inline;
        if let Some((lock @ Lock::ShareUpdateExclusive, _)) = &mut self.risk.lock
            && is_other
        {
            *lock = Lock::Share;
        }
    }

    /// Waits for all that the object needs.
    pub fn late(mut self) -> Self {
        self.is_late = true;
        self
    }

    /// Comes before whatever is inside changes.
    pub fn early(mut self) -> Self {
        self.is_early = true;
        self
    }

    /// Is left out of the proof.
    pub fn unrehearsed(mut self) -> Self {
        self.is_unrehearsed = true;
        self
    }

    /// Comes before everything that is not needed for it.
    pub fn first(mut self) -> Self {
        self.is_first = true;
        self
    }
}
