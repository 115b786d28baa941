//! What is tried on views, materialized views and foreign tables: their rows are known by what they tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sqlx::PgConnection;

use super::actors::Actor;
use super::attempt::{Probe, attempt};
use super::case::{Case, Proof, Try};
use super::matrix::{Operation, Outcome};
use super::model::Relation;
use super::rows::{Marks, owners};
use super::world::{ACTING, PEOPLE, World};
use crate::error::Result;
use crate::sql;

/// How many rows of a view are looked at.
const ENOUGH: usize = 200;

/// What a view holds when everybody has looked, by the world its rows tell of.
#[derive(Debug, Default)]
struct Content {
    rows: Vec<Map<String, Value>>,
    worlds: BTreeMap<World, usize>,
    marks: Marks,
}

/// All cases of some views.
pub(super) async fn cases(
    connection: &mut PgConnection,
    views: &[&Relation],
    actors: &[Actor],
    path: &str,
    marks: &Marks,
) -> Result<Vec<Case>> {
    let looks = views.iter().flat_map(|view| {
        let everybody = actors
            .iter()
            .filter(|actor| actor.person.is_some())
            .take(ACTING);
        everybody.map(|actor| Probe {
            settings: actor.sessions(false).remove(0).0,
            role: "none".to_owned(),
            path: path.to_owned(),
            sql: look(view, "*"),
            reads: true,
            ..Probe::default()
        })
    });
    let looks: Vec<Probe> = looks.collect();
    let answers = attempt(connection, &looks).await?;
    let per_view = if views.is_empty() {
        1
    } else {
        looks.len() / views.len()
    };
    let mut cases = Vec::new();
    for (view, answers) in views.iter().zip(answers.chunks(per_view.max(1))) {
        let mut content = Content {
            marks: marks.clone(),
            ..Content::default()
        };
        for answer in answers {
            let rows = marks.closed(answer.found.as_deref().unwrap_or_default());
            let rows = rows.iter().filter_map(|row| serde_json::from_str(row).ok());
            content.rows.extend(rows);
        }
        for (index, row) in content.rows.iter().enumerate() {
            for world in owners(&Value::Object(row.clone()).to_string()) {
                content.worlds.entry(world).or_insert(index);
            }
        }
        let each = actors.iter().enumerate();
        cases.extend(each.flat_map(|(index, actor)| of_actor(view, &content, actor, index, path)));
    }
    Ok(cases)
}

fn look(view: &Relation, columns: &str) -> String {
    format!(
        "select jsonb_agg(to_jsonb(q))::text from (select {columns} from {} limit {ENOUGH}) q",
        view.path()
    )
}

fn of_actor(
    view: &Relation,
    content: &Content,
    actor: &Actor,
    index: usize,
    path: &str,
) -> Vec<Case> {
    let granted = view.granted(&actor.role);
    let own = actor
        .person
        .map(|person| PEOPLE[person].world)
        .filter(|_| !content.worlds.is_empty());
    let columns = match granted.select.is_empty() {
        true => "*".to_owned(),
        false => granted
            .select
            .iter()
            .map(|name| sql::identifier(name))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let select = |operation: Operation| {
        let proof = match (operation, own) {
            (Operation::SelectOwn, Some(world)) => Proof::Tells(world, content.marks.clone()),
            (_, Some(world)) => Proof::Tells(world.other(), content.marks.clone()),
            (_, None) => Proof::Gives(content.marks.clone()),
        };
        (operation, look(view, &columns), proof)
    };
    let mut tried = vec![select(Operation::SelectOther)];
    tried.extend(own.map(|_| select(Operation::SelectOwn)));
    tried.extend(all_writes(view, content, own, &granted.insert));
    let has_row = |proof: &Proof| match proof {
        Proof::Tells(world, _) => content.worlds.contains_key(world),
        _ => !content.rows.is_empty(),
    };
    let cases = tried.into_iter().map(|(operation, statement, proof)| {
        let is_there = has_row(&proof);
        let tries = tries(actor, operation, &statement, &proof, path);
        Case {
            object: view.path(),
            relation: view.oid,
            actor: index,
            operation,
            is_owned: Some(!content.worlds.is_empty()),
            tries: if is_there { tries } else { Vec::new() },
            otherwise: (
                Outcome::Unproven,
                "it shows no row, whoever looks".to_owned(),
            ),
        }
    });
    cases.collect()
}

/// A statement with every token of an actor.
fn tries(
    actor: &Actor,
    operation: Operation,
    statement: &str,
    proof: &Proof,
    path: &str,
) -> Vec<Try> {
    let sessions = actor.sessions(operation.is_for_others()).into_iter();
    let tries = sessions.map(|(settings, token)| Try {
        token,
        probe: Probe {
            settings,
            role: actor.role.clone(),
            path: path.to_owned(),
            sql: statement.to_owned(),
            reads: operation.command() == "r",
            ..Probe::default()
        },
        proof: proof.clone(),
    });
    tries.collect()
}

/// Writes on a row of one's own world, where there is one, and on one of another.
fn all_writes(
    view: &Relation,
    content: &Content,
    own: Option<World>,
    may_insert: &BTreeSet<String>,
) -> Vec<(Operation, String, Proof)> {
    let first = content.worlds.keys().next().copied();
    let targets = [(false, own), (true, own.map(World::other).or(first))];
    let mut tried = Vec::new();
    for (is_other, world) in targets {
        let row =
            world.and_then(|world| Some((world, &content.rows[*content.worlds.get(&world)?])));
        let Some((world, row)) = row.filter(|_| is_other || own.is_some()) else {
            continue;
        };
        let writes = writes(view, row, world, is_other, may_insert).into_iter();
        tried.extend(writes.map(|(operation, statement)| (operation, statement, Proof::Touched)));
    }
    tried
}

/// Statements that write through a view onto one of its rows.
fn writes(
    view: &Relation,
    row: &Map<String, Value>,
    world: World,
    is_other: bool,
    may_insert: &BTreeSet<String>,
) -> Vec<(Operation, String)> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(sql::literal(text)),
        Value::Number(number) => Some(sql::literal(&number.to_string())),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let scalars: Vec<(&String, String)> = row
        .iter()
        .filter_map(|(name, value)| Some((name, scalar(value)?)))
        .collect();
    let is_telling = |literal: &str| owners(literal) == [world];
    let conditions = scalars.iter().filter(|(_, literal)| is_telling(literal));
    let conditions: Vec<String> = conditions
        .map(|(name, literal)| format!("{} = {literal}", sql::identifier(name)))
        .collect();
    if conditions.is_empty() {
        return Vec::new();
    }
    let (path, condition) = (view.path(), conditions.join(" and "));
    let mut writes = Vec::new();
    let of = |own, other| if is_other { other } else { own };
    let plain = scalars
        .iter()
        .find(|(_, literal)| !is_telling(literal))
        .or(scalars.last());
    if let Some((name, literal)) = plain.filter(|_| view.updatable & 4 != 0) {
        let name = sql::identifier(name);
        let update = format!("update {path} set {name} = {literal} where {condition}");
        writes.push((of(Operation::UpdateOwn, Operation::UpdateOther), update));
    }
    if view.updatable & 16 != 0 {
        let delete = format!("delete from {path} where {condition}");
        writes.push((of(Operation::DeleteOwn, Operation::DeleteOther), delete));
    }
    if view.updatable & 8 != 0 && is_other {
        let given = scalars
            .iter()
            .filter(|(name, _)| may_insert.is_empty() || may_insert.contains(*name));
        let (names, values): (Vec<String>, Vec<String>) = given
            .map(|(name, literal)| (sql::identifier(name), literal.clone()))
            .unzip();
        let statement = format!(
            "insert into {path} ({}) values ({})",
            names.join(", "),
            values.join(", ")
        );
        writes.push((Operation::InsertOther, statement));
    }
    writes
}
