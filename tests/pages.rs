//! A page for each class: what is compared, what is not, and how a difference is brought back, at what risk.
//!
//! The statements are those that plans over the corpus really hold; of several cases the shortest is shown.
//! `UPDATE_DOCS=1 scripts/test.sh convergence roles documentation` writes the pages anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use pgpact::classes::{Class, Fact, Risk};
use pgpact::contract::{Change, Contract, Delta};
use pgpact::plan::ReconcilePlan;

use crate::documentation::must_be;
use crate::support::postgres::deltas;

/// What a class is asked for: a fact, or one of these.
const MADE: &str = "it is missing";
const TAKEN_AWAY: &str = "it should not be there";

/// How one kind of difference was brought back; ordered, so that the simplest comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Example {
    /// How many facts of the object differed.
    fact_count: usize,
    length: usize,
    statement: String,
    risk: String,
}

/// Examples by class and by what differs.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<BTreeMap<(String, String), Example>>);

impl Pages {
    /// Keeps how a plan brings back what differs.
    pub(crate) fn note(&self, expected: &Contract, live: &Contract, plan: &ReconcilePlan) {
        let deltas = deltas(expected, live);
        for delta in &deltas {
            let fact_count = deltas.iter().filter(|other| other.id == delta.id).count();
            let Some(example) = example(delta, fact_count, plan) else {
                continue;
            };
            let what = match delta.change {
                Change::Missing => MADE,
                Change::Unexpected => TAKEN_AWAY,
                Change::Changed { fact, .. } => fact,
            };
            let key = (delta.id.class.as_str().to_owned(), what.to_owned());
            let mut kept = self.0.lock().unwrap();
            let best = kept.entry(key).or_insert_with(|| example.clone());
            if example < *best {
                *best = example;
            }
        }
    }

    /// Holds the pages of some classes against what was noted.
    pub(crate) fn check(&self, concerns: impl Fn(&str) -> bool) {
        let examples = self.0.lock().unwrap();
        for class in Class::ALL.iter().filter(|class| concerns(class.name)) {
            let told = |what: &str| examples.get(&(class.name.to_owned(), what.to_owned()));
            must_be(&page_of(class), &page(class, told));
        }
    }
}

/// Where the page of a class is.
pub(crate) fn page_of(class: &Class) -> String {
    format!("docs/classes/{}.md", class.name)
}

fn example(delta: &Delta<'_>, fact_count: usize, plan: &ReconcilePlan) -> Option<Example> {
    let steps = plan.steps.iter().filter(|step| step.id == *delta.id);
    let statements: Vec<_> = steps.map(|step| &step.statement).collect();
    if statements.is_empty() {
        return None;
    }
    let shown: Vec<String> = statements.iter().map(|one| one_line(&one.sql)).collect();
    let statement = shown.join("; ");
    let risks: BTreeSet<String> = statements
        .iter()
        .filter_map(|one| words(&one.risk))
        .collect();
    let risks: Vec<String> = risks.into_iter().collect();
    Some(Example {
        fact_count,
        length: statement.len(),
        statement,
        risk: risks.join("; then "),
    })
}

/// A statement in one line, and not more than a reader wants.
fn one_line(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

fn words(risk: &Risk) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(risk.lock.as_ref().map(|(lock, _)| lock.as_str().to_owned()));
    parts.extend(risk.rewrites.then(|| "writes the table anew".to_owned()));
    parts.extend(risk.scans.then(|| "reads every row".to_owned()));
    let loses = |name| format!("loses data: `--allow {name}`");
    parts.extend(risk.loses.map(loses));
    let fails = |why| format!("fails {why}");
    parts.extend(risk.can_fail.as_ref().map(fails));
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn page<'a>(class: &Class, told: impl Fn(&str) -> Option<&'a Example>) -> String {
    let mut text = format!("# {}\n\nMade from the code.", class.name);
    let read: Vec<&str> = class
        .query
        .lines()
        .map_while(|line| line.strip_prefix("-- "))
        .filter(|line| !line.starts_with("asked where there are: "))
        .collect();
    writeln!(text, " {}", read.join(" ")).unwrap();
    write!(
        text,
        "\nMissing: {}. Unexpected: {}. Changed: {}, unless a code of its own says otherwise.\n",
        class.severities.missing, class.severities.unexpected, class.severities.changed
    )
    .unwrap();
    for code in class.codes {
        write!(
            text,
            "\n- `{}` ({}): {}",
            code.code, code.severity, code.meaning
        )
        .unwrap();
    }
    if !class.codes.is_empty() {
        text.push('\n');
    }
    text.push_str("\n## What is compared\n\n");
    if class.facts.is_empty() {
        text.push_str("That it is there.\n");
    } else {
        text.push_str("| fact | what it says |\n|---|---|\n");
    }
    for fact in class.facts {
        writeln!(text, "| `{}` | {} |", fact.name, meaning(fact)).unwrap();
    }
    text.push_str("\n## What is not\n\n");
    for sentence in class.not_compared {
        writeln!(text, "- {sentence}").unwrap();
    }
    text.push_str("- What extensions bring: it is theirs.\n");
    text.push_str("\n## How it is brought back\n\n| what differs | for example | at what risk |\n|---|---|---|\n");
    for what in [MADE, TAKEN_AWAY] {
        row(&mut text, what, told(what), None);
    }
    for fact in class.facts {
        row(
            &mut text,
            &format!("`{}`", fact.name),
            told(fact.name),
            Some(fact),
        );
    }
    text
}

fn meaning(fact: &Fact) -> String {
    let since = match fact.since {
        0 => String::new(),
        major => format!(" Since Postgres {major}."),
    };
    let printed = match fact.printed {
        None => "",
        Some(_) => " Compared by what a server reads in it.",
    };
    format!("{}{since}{printed}", fact.meaning)
}

fn row(text: &mut String, what: &str, example: Option<&Example>, fact: Option<&Fact>) {
    let cell = |text: &str| text.replace('|', "\\|");
    let stays = fact.and_then(|fact| fact.stays);
    let newer = fact.filter(|fact| fact.since > 15).map(|fact| fact.since);
    let (statement, risk) = match (stays, example, newer) {
        (Some(why), _, _) => (format!("told, and stays: {why}"), String::new()),
        (None, Some(example), _) => (
            format!("`` {} ``", cell(&example.statement)),
            cell(&example.risk),
        ),
        (None, None, Some(major)) => (
            format!("tried on Postgres {major} and newer: `fixtures/corpus-since/{major}`"),
            String::new(),
        ),
        (None, None, None) => ("with what it belongs to".to_owned(), String::new()),
    };
    let risk = if risk.is_empty() { "–" } else { &risk };
    writeln!(text, "| {what} | {statement} | {risk} |").unwrap();
}
