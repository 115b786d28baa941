//! Whether writing a row can leave a trace that no rollback takes back: above all a number drawn from a sequence.

use std::collections::BTreeSet;

use super::code;
use crate::error::Result;
use crate::smoke::catalog::{array, text};
use crate::smoke::session::Session;
use crate::sql::literal;

/// Functions of the server that change as they go and still leave nothing behind.
const HARMLESS: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_uuid",
    "lastval",
    "pg_advisory_xact_lock",
    "pg_notify",
    "random",
    "set_config",
    "setseed",
    "timeofday",
    "txid_current",
    "uuidv7",
];

/// Extensions whose functions only compute.
const COMPUTING: &[&str] = &[
    "btree_gin",
    "btree_gist",
    "citext",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "moddatetime",
    "pg_trgm",
    "pgcrypto",
    "postgis",
    "unaccent",
    "uuid-ossp",
    "vector",
];

/// Says what could leave a trace when a row of the table is inserted, updated and deleted; nothing when nothing can.
///
/// It errs on the side of yes: what it cannot read it does not trust.
pub(super) async fn of_table(
    session: &mut Session,
    schema: &str,
    name: &str,
) -> Result<Option<String>> {
    let query = include_str!("texts.sql")
        .replace("{schema}", &literal(schema))
        .replace("{name}", &literal(name));
    let mut seen = BTreeSet::new();
    for row in session.ask(&query).await? {
        let (what, how) = (text(&row, 0), text(&row, 2));
        let code = row[1].clone().unwrap_or_default();
        let found = match how.as_str() {
            "no" => Some("it is not looked into".to_owned()),
            "function" => {
                let name = crate::sql::parts(&code).pop().unwrap_or_default();
                of_functions(session, BTreeSet::from([name]), &mut seen).await?
            }
            "condition" => {
                // Around its condition a definition names events and says execute, words that write.
                let condition = code.split_once(" WHEN (").map_or("", |(_, rest)| rest);
                let condition = condition
                    .rsplit_once(" EXECUTE ")
                    .map_or("", |(first, _)| first);
                of_code(session, condition, &mut seen).await?
            }
            _ => of_code(session, &code, &mut seen).await?,
        };
        if let Some(found) = found {
            return Ok(Some(format!("{what}: {found}")));
        }
    }
    Ok(None)
}

/// The same for one expression.
pub(super) async fn of_expression(session: &mut Session, code: &str) -> Result<Option<String>> {
    of_code(session, code, &mut BTreeSet::new()).await
}

async fn of_code(
    session: &mut Session,
    code: &str,
    seen: &mut BTreeSet<String>,
) -> Result<Option<String>> {
    match code::calls(code) {
        Ok(names) => of_functions(session, names, seen).await,
        Err(word) => Ok(Some(word)),
    }
}

/// Looks into functions, and into those that they call, until there is none left.
async fn of_functions(
    session: &mut Session,
    names: BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) -> Result<Option<String>> {
    let mut left = names;
    loop {
        let names: Vec<String> = left
            .iter()
            .filter(|name| seen.insert((*name).clone()))
            .cloned()
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        left = BTreeSet::new();
        let query = include_str!("functions.sql").replace("{names}", &array(&names));
        for row in session.ask(&query).await? {
            let (name, origin) = (text(&row, 0), text(&row, 2));
            let is_volatile = text(&row, 3) == "v";
            match (origin.as_str(), row[4].as_deref()) {
                ("server", _) if is_volatile && !HARMLESS.contains(&name.as_str()) => {
                    return Ok(Some(format!("it calls {name}")));
                }
                ("server", _) => {}
                (_, Some(body)) => match code::calls(body) {
                    Ok(more) => left.extend(more),
                    Err(word) => return Ok(Some(format!("{name} says {word}"))),
                },
                (origin, None) => {
                    let extension = origin.strip_prefix("extension ").unwrap_or_default();
                    if !COMPUTING.contains(&extension) {
                        return Ok(Some(format!(
                            "{name} is written in a language that is not read here"
                        )));
                    }
                }
            }
        }
    }
}
