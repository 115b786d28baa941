//! What is tried on files: objects of each bucket, in folders of people and of tenants.

use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

use super::actors::Actor;
use super::attempt::Probe;
use super::case::{Case, Proof, Try};
use super::matrix::{Operation, Outcome};
use super::model::{Model, Relation};
use super::world::{Meanings, PEOPLE, World, uuid};
use crate::error::Result;
use crate::sql;

/// Where the storage service keeps what it knows of files.
const PLACE: (&str, &str) = ("storage", "objects");

/// A bucket whose files are tried.
pub(super) struct Bucket {
    pub id: String,
    /// Whether everybody may read its files by their address, whatever policies say.
    pub is_public: bool,
}

/// The buckets there are; where policies name others, those are made.
pub(super) async fn make(
    connection: &mut PgConnection,
    model: &Model,
    meanings: &Meanings,
) -> Result<Vec<Bucket>> {
    let Some(objects) = model.named(PLACE.0, PLACE.1) else {
        return Ok(Vec::new());
    };
    let named = meanings
        .clues
        .literals
        .get("bucket_id")
        .cloned()
        .unwrap_or_default();
    for bucket in named.iter().filter(|_| !objects.policies.is_empty()) {
        let id = sql::literal(bucket);
        let insert = format!(
            "insert into storage.buckets (id, name) values ({id}, {id}) on conflict do nothing"
        );
        run(connection, &insert).await?;
    }
    let query = "select id, coalesce(public, false)::text from storage.buckets order by id";
    let rows = connection
        .fetch_all(sqlx::raw_sql(query))
        .await
        .map_err(super::broken)?;
    let buckets = rows.iter().map(|row| {
        let public: String = row.try_get_unchecked(1)?;
        Ok(Bucket {
            id: row.try_get_unchecked(0)?,
            is_public: public == "true",
        })
    });
    let buckets: Vec<Bucket> = buckets
        .collect::<Result<_, sqlx::Error>>()
        .map_err(super::broken)?;
    for bucket in &buckets {
        for (person, folder) in folders() {
            run(
                connection,
                &insert(&bucket.id, person, &format!("{folder}/pgpact.txt")),
            )
            .await?;
        }
    }
    Ok(buckets)
}

async fn run(connection: &mut PgConnection, statement: &str) -> Result<()> {
    let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
    connection
        .execute(statement)
        .await
        .map(|_| ())
        .map_err(super::broken)
}

/// The folder of each person, and of each tenant.
fn folders() -> Vec<(usize, String)> {
    let own = (0..PEOPLE.len()).map(|person| (person, folder_of(person)));
    let shared = [(0, tenant_folder(World::A)), (3, tenant_folder(World::B))];
    own.chain(shared).collect()
}

fn folder_of(person: usize) -> String {
    uuid(
        PEOPLE[person].world,
        0,
        i64::try_from(person).unwrap_or_default() + 1,
    )
}

fn tenant_folder(world: World) -> String {
    uuid(world, 0, 0x90)
}

fn insert(bucket: &str, owner: usize, name: &str) -> String {
    let owner = folder_of(owner);
    format!(
        "insert into storage.objects (bucket_id, name, owner, owner_id) values ({}, {}, '{owner}', '{owner}')",
        sql::literal(bucket),
        sql::literal(name)
    )
}

/// All cases of the buckets.
pub(super) fn cases(model: &Model, buckets: &[Bucket], actors: &[Actor], path: &str) -> Vec<Case> {
    let Some(objects) = model.named(PLACE.0, PLACE.1) else {
        return Vec::new();
    };
    let mut cases = Vec::new();
    for bucket in buckets {
        for (index, actor) in actors.iter().enumerate() {
            let mut add = |operation: Operation, statements: Vec<String>| {
                cases.push(case(
                    objects,
                    bucket,
                    (index, actor),
                    operation,
                    &statements,
                    path,
                ));
            };
            let world = actor.person.map(|person| PEOPLE[person].world);
            let others: Vec<String> = match world {
                Some(world) => vec![
                    folder_of(if world == World::A { 3 } else { 0 }),
                    tenant_folder(world.other()),
                ],
                None => vec![folder_of(0), tenant_folder(World::B)],
            };
            for (operation, statements) in
                statements(bucket, &others, actor.person.unwrap_or(0), true)
            {
                add(operation, statements);
            }
            if let (Some(person), Some(world)) = (actor.person, world) {
                let own = [folder_of(person), tenant_folder(world)];
                for (operation, statements) in statements(bucket, &own, person, false) {
                    add(operation, statements);
                }
            }
        }
    }
    cases
}

fn statements(
    bucket: &Bucket,
    folders: &[String],
    owner: usize,
    is_other: bool,
) -> Vec<(Operation, Vec<String>)> {
    let id = sql::literal(&bucket.id);
    let at = |folder: &String| format!("bucket_id = {id} and name = '{folder}/pgpact.txt'");
    let each = |make: &dyn Fn(&String) -> String| folders.iter().map(make).collect::<Vec<String>>();
    let selects = each(&|folder| {
        format!(
            "select count(*)::text from storage.objects where {}",
            at(folder)
        )
    });
    let inserts = each(&|folder| insert(&bucket.id, owner, &format!("{folder}/another.txt")));
    let updates = each(&|folder| {
        format!(
            "update storage.objects set metadata = '{{}}' where {}",
            at(folder)
        )
    });
    let deletes = each(&|folder| format!("delete from storage.objects where {}", at(folder)));
    let operations = match is_other {
        true => [
            Operation::SelectOther,
            Operation::InsertOther,
            Operation::UpdateOther,
            Operation::DeleteOther,
        ],
        false => [
            Operation::SelectOwn,
            Operation::InsertOwn,
            Operation::UpdateOwn,
            Operation::DeleteOwn,
        ],
    };
    operations
        .into_iter()
        .zip([selects, inserts, updates, deletes])
        .collect()
}

fn case(
    objects: &Relation,
    bucket: &Bucket,
    (index, actor): (usize, &Actor),
    operation: Operation,
    statements: &[String],
    path: &str,
) -> Case {
    let is_read = operation.command() == "r";
    let sessions = actor.sessions(operation.is_for_others());
    let tries = sessions.iter().flat_map(|(settings, token)| {
        statements.iter().map(|statement| Try {
            token: *token,
            probe: Probe {
                settings: settings.clone(),
                role: actor.role.clone(),
                path: path.to_owned(),
                sql: statement.clone(),
                reads: is_read,
                ..Probe::default()
            },
            proof: if is_read {
                Proof::Above(0)
            } else {
                Proof::Touched
            },
        })
    });
    Case {
        object: name(bucket),
        relation: objects.oid,
        actor: index,
        operation,
        is_owned: Some(true),
        tries: tries.collect(),
        otherwise: (Outcome::Unproven, "nothing was tried".to_owned()),
    }
}

/// What a bucket is called in the matrix.
pub(super) fn name(bucket: &Bucket) -> String {
    format!("storage.objects/{}", bucket.id)
}
