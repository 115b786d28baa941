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
mod reveals;
mod rows;
mod sample;
mod tables;
mod tenants;
mod trial;
mod values;
mod views;
mod world;

use std::collections::BTreeSet;

use sqlx::{Executor as _, PgConnection, Row as _};

use crate::contract::{Gap, Pattern};
use crate::error::{Error, ErrorCode, Result};
use crate::progress::Progress;
use crate::scratch::{Scratch, Visit};

pub use actors::Newcomer;
pub use judge::{Judgement, Rule};
pub use matrix::{Cell, Matrix, Moved, Operation, Outcome};

use clues::Clues;
use fill::{Filled, Filler};
use model::Model;
use trial::Trial;
use world::Meanings;

/// What is to be tried.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Limits what the API shows; empty means all of it.
    pub schemas: Vec<Pattern>,
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
    /// Keys that tell of rows which policies hide: object, actor, and what they tell.
    pub reveals: Vec<(String, String, String)>,
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
    match found.matrix.cells.is_empty() {
        true => Err(nothing("the API shows no table, view or function")),
        false => Ok(found),
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
    let query = sqlx::query(include_str!("schemas.sql"))
        .bind(&wish.platform_schemas)
        .bind(roles)
        .persistent(false);
    let rows = query.fetch_all(admin).await.map_err(broken)?;
    let names = rows.iter().map(|row| row.try_get(0));
    let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(broken)?;
    let is_meant = |name: &String| {
        wish.schemas.is_empty()
            || wish
                .schemas
                .iter()
                .any(|pattern| pattern.matches_text(name))
    };
    names.retain(is_meant);
    match names.is_empty() {
        true => Err(nothing("the API shows no schema that is meant")),
        false => Ok(names),
    }
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

/// What nobody tried is not safe.
fn nothing(message: &str) -> Error {
    Error::new(ErrorCode::NothingToTry, message).with_help(
        "Schemas are those that pgrst.db_schemas lists, else those that an actor's role may use; --schema, and `schemas` in pgpact.toml, limit them.",
    )
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
