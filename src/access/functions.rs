//! What is tried on functions: who may call them, and whether a call with somebody else's ids tells or changes what is theirs.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::actors::Actor;
use super::attempt::{Answer, Probe, attempt};
use super::fill::Filled;
use super::matrix::{Cell, Operation, Outcome};
use super::model::{Function, Input, Model, Relation};
use super::rows::{Marks, Row, owners};
use super::world::{Grain, Meaning, Meanings, PEOPLE, World};
use crate::error::Result;
use crate::sql;

/// What is needed to call functions.
pub(super) struct Calls<'a> {
    pub model: &'a Model,
    pub meanings: &'a Meanings,
    pub filled: &'a Filled,
    pub path: &'a str,
}

/// A call of one actor with one list of arguments.
struct Call<'a> {
    function: &'a Function,
    actor: usize,
    world: World,
    given: Vec<String>,
    /// Whether nobody's ids were given: what it says then, it says to everybody.
    is_control: bool,
    untouched: String,
}

/// What a function lets out.
pub(super) struct Told {
    pub cells: Vec<Cell>,
    /// Object and actor of each leak, with the words for it.
    pub leaks: BTreeMap<(String, String), String>,
}

impl Calls<'_> {
    pub(super) async fn tell(
        &self,
        connection: &mut PgConnection,
        actors: &[Actor],
    ) -> Result<Told> {
        let exposed = || {
            self.model
                .functions
                .iter()
                .filter(|function| function.exposed)
        };
        let cells = exposed().flat_map(|function| actors.iter().map(|actor| cell(function, actor)));
        let cells = cells.collect();
        let (mut calls, mut probes) = (Vec::new(), Vec::new());
        for function in exposed().filter(|function| !function.procedure) {
            let touched = self.touched(function);
            let is_suspect = function.definer || self.reaches_definer(function);
            for (index, actor) in actors.iter().enumerate().filter(|_| is_suspect) {
                let is_held = !self.model.bypassing.contains(&actor.role);
                if function.callers.contains(&actor.role) && is_held {
                    self.plan(function, (index, actor), &touched, &mut calls, &mut probes);
                }
            }
        }
        let answers = attempt(connection, &probes).await?;
        Ok(Told {
            cells,
            leaks: leaks(&calls, &answers, actors, &self.filled.rows.marks()),
        })
    }

    fn plan<'a>(
        &self,
        function: &'a Function,
        (index, actor): (usize, &Actor),
        touched: &[&Relation],
        calls: &mut Vec<Call<'a>>,
        probes: &mut Vec<Probe>,
    ) {
        let world = actor
            .person
            .map_or(World::B, |person| PEOPLE[person].world.other());
        let (check, untouched) = self.check(touched, world);
        // Twice: what is another each time says nothing.
        let control = self.arguments(function, None, 0);
        let mut lists = vec![(true, control.clone()), (true, control)];
        for choice in 0..8 {
            let list = self.arguments(function, Some(world), choice);
            if !lists.iter().any(|(_, known)| *known == list) {
                lists.push((false, list));
            }
        }
        if function.inputs.is_empty() {
            lists = vec![(false, Vec::new())];
        }
        for (settings, _) in actor.sessions(true) {
            for (is_control, list) in &lists {
                let typed = function.inputs.iter().zip(list).map(|(input, value)| {
                    let variadic = if input.variadic { "variadic " } else { "" };
                    format!(
                        "{variadic}cast({} as {})",
                        sql::literal(value),
                        input.type_name
                    )
                });
                let typed: Vec<String> = typed.collect();
                let call = format!("{}({})", function.path(), typed.join(", "));
                probes.push(Probe {
                    settings: settings.clone(),
                    role: actor.role.clone(),
                    path: self.path.to_owned(),
                    sql: format!("select jsonb_agg(to_jsonb(q))::text from (select * from {call} limit 200) q"),
                    reads: true,
                    check: check.clone(),
                    ..Probe::default()
                });
                calls.push(Call {
                    function,
                    actor: index,
                    world,
                    given: list.clone(),
                    is_control: *is_control,
                    untouched: untouched.clone(),
                });
            }
        }
    }

    /// Tables that a function or what it calls speaks of, and that belong to somebody.
    fn touched(&self, function: &Function) -> Vec<&Relation> {
        let words = self.words(function);
        let tables = self
            .model
            .relations
            .iter()
            .filter(|relation| relation.is_table() && !relation.partition);
        let owned = tables.filter(|relation| {
            self.meanings.grain(relation.oid) != Grain::Global && relation.schema != "storage"
        });
        owned
            .filter(|relation| words.contains(relation.name.as_str()))
            .collect()
    }

    fn reaches_definer(&self, function: &Function) -> bool {
        let words = self.words(function);
        let mut definers = self
            .model
            .functions
            .iter()
            .filter(|function| function.definer);
        definers.any(|definer| words.contains(definer.name.as_str()))
    }

    /// Words of a function's body and of the bodies that those name.
    fn words<'a>(&'a self, function: &'a Function) -> BTreeSet<&'a str> {
        let mut words = BTreeSet::new();
        let mut pending = vec![function];
        let mut seen = BTreeSet::new();
        while let Some(next) = pending.pop() {
            words.extend(next.body.split(|c: char| !c.is_alphanumeric() && c != '_'));
            let named = self
                .model
                .functions
                .iter()
                .filter(|other| words.contains(other.name.as_str()));
            pending.extend(named.filter(|other| seen.insert(other.signature())));
        }
        words
    }

    /// A question whose answer changes when rows of a world change, go, or are added; and its answer now.
    fn check(&self, touched: &[&Relation], world: World) -> (Option<String>, String) {
        let mut parts = Vec::new();
        let mut sum = 0;
        for relation in touched {
            let rows: Vec<&Row> = self
                .filled
                .rows
                .of(relation.oid)
                .iter()
                .filter(|row| row.holder.world == world)
                .collect();
            let Some(first) = rows.first() else { continue };
            sum += rows.len();
            let places = rows
                .iter()
                .map(|row| format!("({}, '{}'::tid)", row.place.0, row.place.1));
            let places: Vec<String> = places.collect();
            let path = relation.path();
            parts.push(format!(
                "(select count(*) from {path} where (tableoid, ctid) in ({}))",
                places.join(", ")
            ));
            if let Some(condition) = self.belongs(relation, first) {
                let all = self
                    .filled
                    .rows
                    .of(relation.oid)
                    .iter()
                    .map(|row| format!("({}, '{}'::tid)", row.place.0, row.place.1));
                let all: Vec<String> = all.collect();
                parts.push(format!(
                    "(select 1000 * count(*) from {path} where {condition} and (tableoid, ctid) not in ({}))",
                    all.join(", ")
                ));
            }
        }
        match parts.is_empty() {
            true => (None, String::new()),
            false => (
                Some(format!("select ({})::text", parts.join(" + "))),
                sum.to_string(),
            ),
        }
    }

    /// A condition that rows of the same tenant meet, else of the same person.
    fn belongs(&self, relation: &Relation, row: &Row) -> Option<String> {
        let of = |meaning: Meaning| {
            relation.columns.iter().find(|column| {
                let refers = relation.references.iter().any(|key| {
                    key.columns == [column.name.clone()] && self.meanings.is_tenant(key.target)
                });
                self.meanings.meaning(relation, column) == meaning
                    || meaning == Meaning::Tenant && refers
            })
        };
        let column = of(Meaning::Tenant).or_else(|| of(Meaning::User))?;
        Some(format!(
            "{} = {}",
            sql::identifier(&column.name),
            sql::literal(&row.text(&column.name)?)
        ))
    }

    /// Arguments that are somebody's; nobody's without a world.
    fn arguments(&self, function: &Function, world: Option<World>, choice: usize) -> Vec<String> {
        function
            .inputs
            .iter()
            .map(|input| self.argument(input, world, choice))
            .collect()
    }

    fn argument(&self, input: &Input, world: Option<World>, choice: usize) -> String {
        let candidates = match world {
            Some(world) => self.candidates(input, world),
            None => Vec::new(),
        };
        match candidates.get(choice).or(candidates.last()) {
            Some(value) if input.category == "A" => format!("{{{value}}}"),
            Some(value) => value.clone(),
            None => neutral(input),
        }
    }

    /// What an argument may mean: values of rows of that world, likeliest by its name first.
    fn candidates(&self, input: &Input, world: World) -> Vec<String> {
        let is_id = matches!(
            input.base.as_str(),
            "uuid" | "_uuid" | "int4" | "int8" | "text" | "varchar" | "_text" | "_int8" | "_int4"
        );
        if !is_id {
            return Vec::new();
        }
        let name = meant(&input.name);
        let base = input.base.trim_start_matches('_');
        let owned = self
            .model
            .relations
            .iter()
            .filter(|relation| self.meanings.grain(relation.oid) != Grain::Global);
        let mut found: Vec<(u8, String)> = Vec::new();
        for relation in owned {
            let row = self
                .filled
                .rows
                .of(relation.oid)
                .iter()
                .find(|row| row.holder.world == world);
            let Some(row) = row else { continue };
            for column in &relation.columns {
                let Some(text) = row.text(&column.name) else {
                    continue;
                };
                let is_type = column.base == base || (base == "text" && column.category == "S");
                if !is_type || owners(&text) != [world] {
                    continue;
                }
                let is_key = relation.primary_key() == [column.name.clone()];
                let Some(weight) = weight(relation, &column.name, is_key, &name, base) else {
                    continue;
                };
                found.push((weight, text));
            }
        }
        found.sort_by_key(|(weight, _)| *weight);
        let mut values: Vec<String> = Vec::new();
        for (_, value) in found {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.is_empty() && base == "text" {
            let person = if world == World::A { 0 } else { 3 };
            values.push(PEOPLE[person].email());
        }
        // A search for anything.
        values.extend(
            (input.category == "S")
                .then(|| ["%".to_owned(), String::new()])
                .into_iter()
                .flatten(),
        );
        values
    }
}

/// What an argument is called without the prefixes that arguments get.
fn meant(name: &str) -> String {
    let name = name.trim_start_matches('_');
    let prefixes = ["p_", "in_", "v_", "arg_"];
    let stripped = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
    let name = stripped.unwrap_or(name);
    name.trim_start_matches("target_").to_ascii_lowercase()
}

/// How likely an argument of a name means a column, the likeliest first; none where it hardly does.
fn weight(relation: &Relation, column: &str, is_key: bool, name: &str, base: &str) -> Option<u8> {
    let stem = name
        .strip_suffix("_id")
        .or(name.strip_suffix("id"))
        .unwrap_or_default();
    let first = name.split('_').next().unwrap_or_default();
    match () {
        () if is_key && !stem.is_empty() && relation.name.contains(stem) => Some(0),
        () if column == name => Some(1),
        () if is_key && first.len() > 2 && relation.name.contains(first) => Some(2),
        () if is_key && base != "text" => Some(3),
        () => None,
    }
}

/// A value that is nobody's.
fn neutral(input: &Input) -> String {
    if let Some(label) = input.labels.first() {
        return label.clone();
    }
    match (input.category.as_str(), input.base.as_str()) {
        (_, "uuid") => "cccccccc-0000-4000-8000-000000000000".to_owned(),
        ("S", _) => "nobody".to_owned(),
        ("N", _) => "3".to_owned(),
        ("B", _) => "true".to_owned(),
        ("D", _) => "2026-01-01".to_owned(),
        ("T", _) => "1 hour".to_owned(),
        ("R", _) => "empty".to_owned(),
        (_, "json" | "jsonb") | ("A", _) => "{}".to_owned(),
        _ => String::new(),
    }
}

fn cell(function: &Function, actor: &Actor) -> Cell {
    let may = function.callers.contains(&actor.role);
    let (outcome, because) = match (may, function.definer) {
        (false, _) => (Outcome::Denied, "no right to execute it".to_owned()),
        (true, true) => (
            Outcome::Allowed,
            format!(
                "it runs with the rights of {}",
                sql::identifier(&function.owner)
            ),
        ),
        (true, false) => (
            Outcome::Allowed,
            "it runs with its caller's rights".to_owned(),
        ),
    };
    Cell {
        object: function.signature(),
        actor: actor.name.clone(),
        operation: Operation::Call,
        outcome,
        because,
    }
}

/// Calls that gave or changed what belongs to somebody else.
fn leaks(
    calls: &[Call<'_>],
    answers: &[Answer],
    actors: &[Actor],
    marks: &Marks,
) -> BTreeMap<(String, String), String> {
    let mut leaks = BTreeMap::new();
    let mut usual: BTreeMap<(String, usize), BTreeSet<String>> = BTreeMap::new();
    for (call, answer) in calls.iter().zip(answers) {
        let key = (call.function.signature(), call.actor);
        let given = answer.found.as_deref().unwrap_or_default();
        let said = without(&marks.closed(given).join("\n"), &call.given);
        if call.is_control {
            usual.entry(key).or_default().insert(said);
            continue;
        }
        if answer.state != "00000" {
            continue;
        }
        let tells = owners(&said).contains(&call.world);
        // A number or a word about somebody's row is about them as much as the row; a yes or no may be meant for everybody.
        let is_other = usual.get(&key).is_some_and(|usual| {
            usual.len() == 1 && !usual.contains(&said) && !is_truth(&said) && !is_nothing(&said)
        });
        let changes = answer
            .checked
            .as_ref()
            .is_some_and(|checked| *checked != call.untouched);
        let words = match (changes, tells, is_other) {
            (true, ..) => "changes what belongs to another tenant",
            (_, true, _) => "gives rows of another tenant",
            (.., true) => "answers about rows of another tenant",
            _ => continue,
        };
        let path = call.function.path();
        let how = match call.function.definer {
            true => format!(
                "{path} {words}: it runs with the rights of {} and does not ask who calls (security definer)",
                sql::identifier(&call.function.owner)
            ),
            false => format!("{path} {words} through a function that runs with its owner's rights"),
        };
        leaks
            .entry((key.0, actors[call.actor].name.clone()))
            .or_insert(how);
    }
    leaks
}

fn without(text: &str, given: &[String]) -> String {
    let long = given.iter().filter(|value| value.len() > 3);
    long.fold(text.to_owned(), |text, value| {
        text.replace(value.as_str(), "")
    })
}

fn is_truth(text: &str) -> bool {
    text.contains("true") || text.contains("false")
}

fn is_nothing(text: &str) -> bool {
    text.is_empty() || text.ends_with(":null}") || text.ends_with(":\"\"}")
}

/// So that nobody's id is never somebody's.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::world::uuid;

    #[test]
    fn nobodys_id_tells_of_nobody() {
        assert!(owners("cccccccc-0000-4000-8000-000000000000").is_empty());
        assert_eq!(owners(&uuid(World::B, 1, 2)), [World::B]);
    }
}
