//! A cell while it is worked out: the ways it is tried in, and what they amount to.

use super::attempt::{Answer, Probe};
use super::matrix::{Operation, Outcome};
use super::rows::{Marks, owners};
use super::world::World;

/// One actor, one operation, one object.
#[derive(Debug)]
pub(super) struct Case {
    pub object: String,
    /// The relation behind it.
    pub relation: i64,
    pub actor: usize,
    pub operation: Operation,
    /// Whether rows behind it belong to somebody, where the relation does not say it.
    pub is_owned: Option<bool>,
    /// Ways to try it; one that gets through is enough.
    pub tries: Vec<Try>,
    /// What it comes to without a try: no row, no right to name a column.
    pub otherwise: (Outcome, String),
}

/// One way.
#[derive(Debug, Clone)]
pub(super) struct Try {
    pub probe: Probe,
    pub proof: Proof,
    /// What is special about the token, where it is not the usual one.
    pub token: Option<&'static str>,
}

/// When a try got through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// The number that it gives is above this.
    Above(i64),
    /// What it gives tells of this tenant, but for what is declared to be for everybody.
    Tells(World, Marks),
    /// It gives something, but for that.
    Gives(Marks),
    /// It touched a row.
    Touched,
    /// The question afterwards gives another text than this.
    Else(String),
}

/// What the tries of a case came to.
#[derive(Debug, Clone)]
pub(super) struct Result {
    pub outcome: Outcome,
    pub because: String,
    /// The try that got through.
    pub through: Option<usize>,
    /// Whether the database could not even work out who may: a policy that calls itself, say.
    pub is_fault: bool,
}

impl Case {
    /// What answers to its tries amount to: the furthest anybody came.
    pub(super) fn conclude(&self, answers: &[Answer]) -> Result {
        let mut best = Result {
            outcome: self.otherwise.0,
            because: self.otherwise.1.clone(),
            through: None,
            is_fault: false,
        };
        for (index, (tried, answer)) in self.tries.iter().zip(answers).enumerate() {
            let (outcome, because, is_fault) = judge(self.operation, tried, answer);
            let is_better = index == 0 || outcome == Outcome::Allowed;
            if is_better && best.outcome != Outcome::Allowed || index == 0 {
                let token = tried.token.filter(|_| outcome == Outcome::Allowed);
                let token = token.map(|words| format!("; {words}"));
                best = Result {
                    outcome,
                    because: format!("{because}{}", token.unwrap_or_default()),
                    through: (outcome == Outcome::Allowed).then_some(index),
                    is_fault,
                };
            }
        }
        best
    }
}

impl Try {
    pub(super) fn got_through(&self, operation: Operation, answer: &Answer) -> bool {
        judge(operation, self, answer).0 == Outcome::Allowed
    }
}

fn judge(operation: Operation, tried: &Try, answer: &Answer) -> (Outcome, String, bool) {
    let is_write = operation.command() != "r";
    let said = || first_line(&answer.message);
    match answer.state.as_str() {
        "00000" => match is_proven(&tried.proof, answer) {
            true => (Outcome::Allowed, String::new(), false),
            false => (Outcome::Filtered, "no row is reached".to_owned(), false),
        },
        "PGPA1" => (
            Outcome::Unproven,
            format!("it could not be prepared: {}", said()),
            false,
        ),
        // The row passed every policy; only then are keys looked at (ExecInsert in nodeModifyTable.c).
        // Of a statement without a condition nobody knows which row it was.
        "23505" if matches!(tried.proof, Proof::Else(_)) && operation != Operation::MoveTenant => {
            (Outcome::Filtered, "no row is reached".to_owned(), false)
        }
        "23505" if is_write => (
            Outcome::Allowed,
            "; a key that is taken stopped this try".to_owned(),
            false,
        ),
        // Here it is the row that goes which others refer to: policies let it.
        "23503"
            if operation == Operation::MoveTenant
                && answer.message.starts_with("update or delete") =>
        {
            (
                Outcome::Allowed,
                "; rows that refer to it stopped this try".to_owned(),
                false,
            )
        }
        "23503" if operation.command() == "d" && tried.proof == Proof::Touched => (
            Outcome::Allowed,
            "; rows that refer to it stopped this try".to_owned(),
            false,
        ),
        "42501" | "44000" | "23503" | "P0001" | "28000" => (Outcome::Denied, said(), false),
        "57014" => (Outcome::Unproven, said(), false),
        state if state.starts_with("23") || state.starts_with("22") && is_write => (
            Outcome::Unproven,
            format!("the row that was tried is not valid: {}", said()),
            false,
        ),
        state => {
            let is_fault = matches!(
                state,
                "42P17" | "54001" | "42P01" | "42883" | "42703" | "21000"
            ) || state.starts_with("22");
            (Outcome::Denied, format!("it fails: {}", said()), is_fault)
        }
    }
}

fn is_proven(proof: &Proof, answer: &Answer) -> bool {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
    match proof {
        Proof::Above(limit) => number(&answer.found).is_some_and(|found| found > *limit),
        Proof::Tells(world, marks) => {
            let given = answer.found.as_deref().unwrap_or_default();
            marks
                .closed(given)
                .iter()
                .any(|row| owners(row).contains(world))
        }
        Proof::Gives(marks) => !marks
            .closed(answer.found.as_deref().unwrap_or_default())
            .is_empty(),
        Proof::Touched => answer.affected > 0,
        Proof::Else(before) => answer.checked.as_ref().is_some_and(|after| after != before),
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
