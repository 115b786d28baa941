//! What there is to be probed: the schemas of the API, their tables and views, their functions.

use std::collections::{BTreeMap, BTreeSet};

use super::session::{Row, Session};
use super::settings::Settings;
use crate::contract::{ClassName, ObjectId};
use crate::error::Result;
use crate::sql::{literal, qualified};

/// A table or view.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) id: ObjectId,
    pub(super) schema: String,
    pub(super) is_table: bool,
    pub(super) has_row_security: bool,
    pub(super) is_of_users: bool,
    /// Policies that show visitors rows by the name of their role, with what they ask of a row.
    pub(super) meant: Vec<(String, Option<String>)>,
}

/// A function.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) id: ObjectId,
    pub(super) arguments: String,
    pub(super) returns: String,
    pub(super) owner: String,
    pub(super) executors: BTreeSet<String>,
    pub(super) is_volatile: bool,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) schemas: Vec<String>,
    pub(super) relations: BTreeMap<ObjectId, Relation>,
    pub(super) functions: BTreeMap<ObjectId, Function>,
    /// Whose rights each role has, its own included.
    pub(super) inherited: BTreeMap<String, BTreeSet<String>>,
}

/// How PostgREST is told what to serve; what is set for this database goes before what is set for all.
const SERVED: &str = "\
select split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1)
from pg_catalog.pg_db_role_setting s
join pg_catalog.pg_roles r on r.oid = s.setrole
cross join unnest(s.setconfig) c (setting)
where r.rolname = 'authenticator'
  and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
  and split_part(c.setting, '=', 1) in ('pgrst.db_schemas', 'pgrst.db_extra_search_path')
order by s.setdatabase";

const SCHEMAS: &str = "select n.nspname::text from pg_catalog.pg_namespace n";

impl Catalog {
    /// Reads what is there. The session's search path is set by the way.
    pub(super) async fn read(session: &mut Session, settings: &Settings) -> Result<Self> {
        let served: BTreeMap<String, String> = session
            .ask(SERVED)
            .await?
            .into_iter()
            .filter_map(|row| pair(&row))
            .collect();
        let there: BTreeSet<String> = session
            .ask(SCHEMAS)
            .await?
            .iter()
            .map(|row| text(row, 0))
            .collect();
        let extra = match served.get("pgrst.db_extra_search_path") {
            Some(list) => names(list),
            None => vec!["public".to_owned(), "extensions".to_owned()],
        };
        session.extra_search_path(
            extra
                .into_iter()
                .filter(|name| there.contains(name))
                .collect(),
        );
        let schemas = match (
            settings.api_schemas.is_empty(),
            served.get("pgrst.db_schemas"),
        ) {
            (false, _) => settings.api_schemas.clone(),
            (true, Some(list)) => names(list)
                .into_iter()
                .chain(["public".to_owned()])
                .collect(),
            (true, None) => vec!["public".to_owned()],
        };
        let schemas: BTreeSet<String> = schemas
            .into_iter()
            .filter(|name| there.contains(name) && settings.admits(name))
            .collect();
        let schemas: Vec<String> = schemas.into_iter().collect();
        Ok(Self {
            relations: relations(session, &schemas, settings).await?,
            functions: functions(session, &schemas, settings).await?,
            inherited: inherited(session, settings).await?,
            schemas,
        })
    }

    /// Whether one role has the rights of another.
    pub(super) fn has_rights_of(&self, role: &str, other: &str) -> bool {
        self.inherited
            .get(role)
            .is_some_and(|others| others.contains(other))
    }
}

async fn relations(
    session: &mut Session,
    schemas: &[String],
    settings: &Settings,
) -> Result<BTreeMap<ObjectId, Relation>> {
    let query = include_str!("relations.sql")
        .replace("{schemas}", &array(schemas))
        .replace("{anon}", &literal(&settings.roles.anon));
    let rows = session.ask(&query).await?;
    let relations = rows.iter().map(|row| {
        let (schema, name, kind) = (text(row, 0), text(row, 1), text(row, 2));
        let is_table = matches!(kind.as_str(), "r" | "p");
        let class = if is_table { "table" } else { "view" };
        let id = ObjectId::new(ClassName::new(class), qualified(&[&schema, &name]));
        let relation = Relation {
            id: id.clone(),
            schema,
            is_table,
            has_row_security: text(row, 3) == "true",
            is_of_users: text(row, 4) == "true",
            meant: serde_json::from_str(&text(row, 5)).unwrap_or_default(),
        };
        (id, relation)
    });
    Ok(relations.collect())
}

async fn functions(
    session: &mut Session,
    schemas: &[String],
    settings: &Settings,
) -> Result<BTreeMap<ObjectId, Function>> {
    let roles = settings.roles.all().map(str::to_owned);
    let query = include_str!("functions.sql")
        .replace("{schemas}", &array(schemas))
        .replace("{roles}", &array(&roles));
    let rows = session.ask(&query).await?;
    let functions = rows.iter().map(|row| {
        let name = qualified(&[text(row, 0), text(row, 1)]);
        let path = format!("{name}({})", text(row, 2));
        let id = ObjectId::new(ClassName::new("function"), path);
        let function = Function {
            id: id.clone(),
            arguments: text(row, 3),
            returns: text(row, 4),
            owner: text(row, 5),
            executors: text(row, 6).split(',').map(str::to_owned).collect(),
            is_volatile: text(row, 7) == "true",
        };
        (id, function)
    });
    Ok(functions.collect())
}

async fn inherited(
    session: &mut Session,
    settings: &Settings,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let roles = array(&settings.roles.all().map(str::to_owned));
    let query = format!(
        "select r.rolname::text, o.rolname::text from pg_catalog.pg_roles r, pg_catalog.pg_roles o \
         where r.rolname = any ({roles}) and pg_catalog.pg_has_role(r.oid, o.oid, 'usage')"
    );
    let mut inherited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (role, other) in session.ask(&query).await?.iter().filter_map(pair) {
        inherited.entry(role).or_default().insert(other);
    }
    Ok(inherited)
}

/// Names as a setting lists them.
fn names(list: &str) -> Vec<String> {
    let names = list
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

pub(super) fn array(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
    format!("array[{}]::pg_catalog.text[]", names.join(", "))
}

pub(super) fn text(row: &Row, index: usize) -> String {
    row.get(index).cloned().flatten().unwrap_or_default()
}

fn pair(row: &Row) -> Option<(String, String)> {
    Some((row.first()?.clone()?, row.get(1)?.clone()?))
}
