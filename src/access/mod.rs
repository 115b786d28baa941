//! Row-level security as behaviour: who may do what, found by trying on a scratch.
//!
//! Two tenants get rows in every table; actors with the tokens of an API try every command on their own rows and on those of
//! others, each in a subtransaction that is rolled back. Policies are never read to find out who gets through.

mod actors;
mod attempt;
mod buckets;
mod case;
mod clues;
mod draft;
mod explain;
mod fill;
mod functions;
mod inserts;
mod judge;
mod matrix;
mod model;
mod rows;
mod sample;
mod tables;
mod tenants;
mod values;
mod views;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Executor as _, PgConnection, Row as _};

use crate::contract::{Gap, Pattern};
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::scratch::{Scratch, Visit};

pub use actors::Newcomer;
pub use judge::{Judgement, Rule};
pub use matrix::{Cell, Matrix, Moved, Operation, Outcome};

use actors::Actor;
use case::Case;
use clues::Clues;
use fill::{Filled, Filler};
use functions::Calls;
use judge::Circumstances;
use model::Model;
use tables::Ground;
use world::{Grain, Meanings};

/// What is to be tried.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Schemas that the API shows; empty means those that its roles may use.
    pub schemas: Vec<String>,
    /// Schemas of the platform.
    pub platform_schemas: Vec<String>,
    /// What was stated.
    pub rules: Vec<Rule>,
    /// Tables whose rows are their owner's alone.
    pub owner_only: Vec<Pattern>,
    /// Tables whose rows are tenants, where that is not found.
    pub tenants: Vec<Pattern>,
    /// Actors besides the usual ones.
    pub actors: Vec<Newcomer>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Who may do what.
    pub matrix: Matrix,
    /// Cells that ought not to be, with why.
    pub leaks: Vec<(Cell, Judgement)>,
    /// Cells that the database fails at.
    pub faults: Vec<Cell>,
    /// What could not be tried as it is.
    pub gaps: BTreeSet<Gap>,
}

/// Fills a scratch and tries everything on it. Nobody else may use it any more.
pub async fn explore(scratch: &Scratch, wish: &Wish, progress: &dyn Progress) -> Result<Found> {
    progress.phase("looking at who may what");
    let Visit {
        mut admin,
        mut visitor,
    } = scratch.visit().await?;
    let roles = roles(&mut admin, wish).await?;
    let schemas = schemas(&mut admin, wish, &roles).await?;
    admin
        .execute(sqlx::raw_sql(include_str!("try.sql")))
        .await
        .map_err(broken)?;
    let model = Model::read(&mut admin, &schemas, &wish.platform_schemas, &roles).await?;
    let meanings = Meanings::find(&model, Clues::gather(&model), &wish.tenants);
    let filler = Filler {
        model: &model,
        meanings: &meanings,
        connection: &mut visitor,
        filled: Filled::default(),
    };
    let filled = filler.fill(progress).await?;
    let buckets = buckets::make(&mut visitor, &model, &meanings).await?;
    visitor.execute(sqlx::raw_sql("analyze")).await.ok();
    let trial = Trial {
        model: &model,
        meanings: &meanings,
        filled: &filled,
        actors: actors::everybody(&roles, &meanings, &wish.actors),
        path: path(&mut admin, &schemas).await?,
        wish,
    };
    progress.phase("trying who gets through");
    let mut found = trial.run(&mut visitor, &buckets).await?;
    found.gaps.extend(filled.gaps);
    Ok(found)
}

/// Everything there is when trying begins.
struct Trial<'a> {
    model: &'a Model,
    meanings: &'a Meanings,
    filled: &'a Filled,
    actors: Vec<Actor>,
    path: String,
    wish: &'a Wish,
}

impl Trial<'_> {
    async fn run(&self, visitor: &mut PgConnection, buckets: &[buckets::Bucket]) -> Result<Found> {
        let mut cases = self.cases(visitor).await?;
        cases.extend(buckets::cases(
            self.model,
            buckets,
            &self.actors,
            &self.path,
        ));
        let public: BTreeSet<String> = buckets
            .iter()
            .filter(|bucket| bucket.is_public)
            .map(buckets::name)
            .collect();
        let probes: Vec<_> = cases
            .iter()
            .flat_map(|case| case.tries.iter().map(|tried| tried.probe.clone()))
            .collect();
        let answers = attempt::attempt(visitor, &probes).await?;
        let mut found = Found::default();
        let (mut cells, mut leaks, mut at) = (Vec::new(), Vec::new(), 0);
        for case in &cases {
            let concluded = case.conclude(&answers[at..at + case.tries.len()]);
            at += case.tries.len();
            let cell = self.cell(case, &concluded);
            if concluded.is_fault {
                found.faults.push(cell.clone());
            }
            let verdict = self.verdict(case, &cell, public.contains(&case.object));
            if let (true, Some(through)) = (verdict != Judgement::Fine, concluded.through) {
                leaks.push((case, through, cells.len(), verdict));
            }
            cells.push(cell);
        }
        let suspects: Vec<(&Case, usize)> = leaks
            .iter()
            .map(|(case, through, ..)| (*case, *through))
            .collect();
        let blamed = explain::blame(visitor, self.model, &self.actors, &suspects).await?;
        for (index, because) in blamed {
            cells[leaks[index].2].because = because;
        }
        let leaked = leaks
            .into_iter()
            .map(|(_, _, index, verdict)| (cells[index].clone(), verdict));
        found.leaks = leaked.collect();
        self.call(visitor, &mut cells, &mut found).await?;
        found.matrix = Matrix::of(cells);
        Ok(found)
    }

    /// Cases of tables and views that the API shows.
    async fn cases(&self, visitor: &mut PgConnection) -> Result<Vec<Case>> {
        let roles: Vec<&str> = self
            .actors
            .iter()
            .map(|actor| actor.role.as_str())
            .collect();
        let is_reachable = |relation: &&model::Relation| {
            let any = roles.iter().any(|role| {
                let granted = relation.granted(role);
                granted.delete
                    || !(granted.select.is_empty()
                        && granted.insert.is_empty()
                        && granted.update.is_empty())
            });
            relation.exposed && (relation.schema == "public" || any)
        };
        let shown = || self.model.relations.iter().filter(is_reachable);
        let mut cases = Vec::new();
        for relation in shown().filter(|relation| relation.is_table()) {
            let path = format!("{}.{}", relation.schema, relation.name);
            let ground = Ground {
                model: self.model,
                meanings: self.meanings,
                filled: self.filled,
                path: &self.path,
                is_owner_only: self
                    .wish
                    .owner_only
                    .iter()
                    .any(|pattern| pattern.matches_text(&path)),
            };
            cases.extend(ground.cases(relation, &self.actors));
        }
        let views: Vec<&model::Relation> =
            shown().filter(|relation| !relation.is_table()).collect();
        cases.extend(
            views::cases(
                visitor,
                &views,
                &self.actors,
                &self.path,
                &self.filled.rows.marks(),
            )
            .await?,
        );
        Ok(cases)
    }

    fn cell(&self, case: &Case, concluded: &case::Result) -> Cell {
        let actor = &self.actors[case.actor];
        let because = match (concluded.outcome, self.model.relation(case.relation)) {
            (Outcome::Allowed, Some(relation)) => {
                let declared = explain::declared(self.model, relation, &actor.role, case.operation);
                format!("{declared}{}", concluded.because)
            }
            _ => concluded.because.clone(),
        };
        Cell {
            object: case.object.clone(),
            actor: actor.name.clone(),
            operation: case.operation,
            outcome: concluded.outcome,
            because,
        }
    }

    fn verdict(&self, case: &Case, cell: &Cell, is_public: bool) -> Judgement {
        let actor = &self.actors[case.actor];
        let relation = self.model.relation(case.relation);
        let grain = match (case.is_owned, relation) {
            (Some(true), _) => Grain::User,
            (Some(false), _) | (None, None) => Grain::Global,
            (None, Some(relation)) => self.meanings.grain(relation.oid),
        };
        let known = Circumstances {
            grain,
            is_bypassing: self.model.bypassing.contains(&actor.role),
            is_public,
            is_declared_open: relation
                .is_some_and(|relation| relation.is_declared_open(&actor.role)),
        };
        judge::judge(cell, known, &self.wish.rules)
    }

    async fn call(
        &self,
        visitor: &mut PgConnection,
        cells: &mut Vec<Cell>,
        found: &mut Found,
    ) -> Result<()> {
        let calls = Calls {
            model: self.model,
            meanings: self.meanings,
            filled: self.filled,
            path: &self.path,
        };
        let told = calls.tell(visitor, &self.actors).await?;
        let roles: BTreeMap<&str, &Actor> = self
            .actors
            .iter()
            .map(|actor| (actor.name.as_str(), actor))
            .collect();
        for mut cell in told.cells {
            let leak = told.leaks.get(&(cell.object.clone(), cell.actor.clone()));
            if let Some(words) = leak {
                cell.because.clone_from(words);
            }
            let known = Circumstances {
                grain: Grain::Global,
                is_bypassing: roles
                    .get(cell.actor.as_str())
                    .is_some_and(|actor| self.model.bypassing.contains(&actor.role)),
                is_public: false,
                is_declared_open: false,
            };
            match (judge::judge(&cell, known, &self.wish.rules), leak) {
                (Judgement::Fine, Some(_)) if !self.is_allowed(&cell) => {
                    found.leaks.push((cell.clone(), Judgement::Leak));
                }
                (Judgement::Fine | Judgement::Leak | Judgement::Open, _) => {}
                (against, _) => found.leaks.push((cell.clone(), against)),
            }
            cells.push(cell);
        }
        Ok(())
    }

    fn is_allowed(&self, cell: &Cell) -> bool {
        self.wish.rules.iter().any(|rule| {
            let is_actor = rule
                .actor
                .as_ref()
                .is_none_or(|actor| actor.matches_text(&cell.actor));
            let path = cell.object.replace('"', "");
            is_actor
                && rule.object.matches_text(&path)
                && rule
                    .allow
                    .iter()
                    .any(|word| cell.operation.is_meant_by(word))
        })
    }
}

/// Roles that act: the API's, else those that may do something with a table and own none; and the configured ones.
async fn roles(admin: &mut PgConnection, wish: &Wish) -> Result<Vec<String>> {
    let query = sqlx::query(include_str!("roles.sql"))
        .bind(&wish.platform_schemas)
        .persistent(false);
    let rows = query.fetch_all(&mut *admin).await.map_err(broken)?;
    let mut roles: Vec<String> = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    let known = sqlx::query("select rolname::text from pg_catalog.pg_roles where not rolsuper")
        .persistent(false);
    let known = known.fetch_all(admin).await.map_err(broken)?;
    let known: BTreeSet<String> = known
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    for actor in &wish.actors {
        if !known.contains(&actor.role) {
            let message = format!(
                "the role {} of the actor {} is not in the contract",
                actor.role, actor.name
            );
            return Err(Error::new(ErrorCode::ConfigInvalid, message)
                .with_help("Name a role that the migrations make, or that the platform has, and that is no superuser."));
        }
        if !roles.contains(&actor.role) {
            roles.push(actor.role.clone());
        }
    }
    match roles.is_empty() {
        true => Err(Error::new(
            ErrorCode::NothingToTry,
            "no role of the contract may do anything with a table",
        )
        .with_help("Name who tries with [[actor]] in pgpact.toml: name, role, claims.")),
        false => Ok(roles),
    }
}

/// Schemas that are tried.
async fn schemas(admin: &mut PgConnection, wish: &Wish, roles: &[String]) -> Result<Vec<String>> {
    if !wish.schemas.is_empty() {
        return Ok(wish.schemas.clone());
    }
    let query = sqlx::query(include_str!("schemas.sql"))
        .bind(&wish.platform_schemas)
        .bind(roles)
        .persistent(false);
    let rows = query.fetch_all(admin).await.map_err(broken)?;
    rows.iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(broken)
}

/// The search path of a request: the schemas of the API, and the one of extensions where there is one.
async fn path(admin: &mut PgConnection, schemas: &[String]) -> Result<String> {
    let query = "select pg_catalog.to_regnamespace('extensions')::text";
    let row = admin
        .fetch_one(sqlx::raw_sql(query))
        .await
        .map_err(broken)?;
    let extensions: Option<String> = row.try_get_unchecked(0).map_err(broken)?;
    let first = schemas
        .iter()
        .find(|schema| *schema == "public")
        .or(schemas.first());
    let names = first.cloned().into_iter().chain(extensions);
    Ok(names
        .map(|name| crate::sql::identifier(&name))
        .collect::<Vec<_>>()
        .join(", "))
}

fn broken(error: sqlx::Error) -> Error {
    Error::new(
        ErrorCode::ScratchFailed,
        "the scratch's server failed while access was tried",
    )
    .with_source(error)
}

fn strange(why: &str) -> Error {
    Error::new(
        ErrorCode::ScratchFailed,
        format!("the scratch's server gave something strange: {why}"),
    )
}
