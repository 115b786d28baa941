//! Tables and views: the service role reaches them, a visitor sees no rows that belong to users.

use super::catalog::{Catalog, Relation};
use super::probe::{Kind, Probe, Seen, Way};
use super::session::{Actor, Answer, Session, Trouble};
use super::settings::Settings;
use crate::classes::ExposedRelation;
use crate::contract::ObjectId;
use crate::error::Result;
use crate::progress::Progress;

/// Tries every table and view.
pub(super) async fn probe(
    session: &mut Session,
    settings: &Settings,
    catalog: &Catalog,
    progress: &dyn Progress,
) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for relation in catalog.relations.values() {
        progress.phase(&format!("probing {}", relation.id.path));
        let query = format!("select 1 from {} limit 1", relation.id.path);
        let service = Actor::of(&settings.roles.service);
        let answer = session.try_as(&service, &relation.schema, &query).await?;
        let has_rows = answer.rows.as_ref().is_ok_and(|rows| !rows.is_empty());
        probes.push(reached(&answer, relation, &settings.roles.service));
        if is_of_owners(relation, settings) {
            probes.push(hidden(session, settings, relation, &query, has_rows).await?);
        }
    }
    Ok(probes)
}

/// Tables and views of the contract that are not there.
pub(super) fn missing(
    expected: &[ExposedRelation],
    settings: &Settings,
    catalog: &Catalog,
) -> Vec<Probe> {
    let absent = expected.iter().filter(|relation| {
        catalog.schemas.contains(&relation.schema) && !catalog.relations.contains_key(&relation.id)
    });
    absent
        .map(|relation| Probe {
            location: relation.location.clone(),
            ..Seen::failed(
                "smoke-table-missing",
                "the contract has it, the database has not",
            )
            .probe(
                Kind::Select,
                Way::Sql,
                &settings.roles.service,
                &relation.id,
                std::time::Duration::ZERO,
            )
        })
        .collect()
}

/// Whether a visitor must not see rows of it.
pub(super) fn is_of_owners(relation: &Relation, settings: &Settings) -> bool {
    let is_named = |id: &ObjectId| {
        let mut patterns = settings.owner_only.iter();
        patterns.any(|pattern| pattern.matches_text(&id.path) || pattern.matches(id))
    };
    relation.is_table && relation.is_of_users || is_named(&relation.id)
}

fn reached(answer: &Answer, relation: &Relation, role: &str) -> Probe {
    let seen = match &answer.rows {
        Ok(rows) if rows.is_empty() => Seen::passed("no row in it"),
        Ok(_) => Seen::passed(""),
        Err(trouble) if trouble.is_late() => late(trouble),
        Err(trouble) if trouble.is_denied() => Seen::failed(
            "smoke-table-unreachable",
            format!("{role} may not select: {}", trouble.message),
        ),
        Err(trouble) => broken(trouble),
    };
    seen.probe(Kind::Select, Way::Sql, role, &relation.id, answer.took)
}

async fn hidden(
    session: &mut Session,
    settings: &Settings,
    relation: &Relation,
    query: &str,
    service_sees_rows: bool,
) -> Result<Probe> {
    let role = &settings.roles.anon;
    let answer = session
        .try_as(&Actor::of(role), &relation.schema, query)
        .await?;
    let seen = match &answer.rows {
        Ok(rows) if !rows.is_empty() => Seen::failed("smoke-rows-exposed", exposed(relation, role)),
        Ok(_) if service_sees_rows => Seen::passed("filtered: there are rows, and none is shown"),
        // Where the service role is held by policies as well, the login may still see.
        Ok(_) => match session.try_as_login(&relation.schema, query).await?.rows {
            Ok(rows) if !rows.is_empty() => {
                Seen::passed("filtered: there are rows, and none is shown")
            }
            Ok(_) => {
                Seen::unproven("no row in it: an empty table shows nothing about row security")
            }
            Err(trouble) => Seen::unproven(format!(
                "nobody who could be asked sees whether there are rows: {}",
                trouble.message
            )),
        },
        Err(trouble) if trouble.is_denied() => Seen::passed(format!("denied: {}", trouble.message)),
        Err(trouble) if trouble.is_late() => late(trouble),
        Err(trouble) => broken(trouble),
    };
    Ok(seen.probe(Kind::NoRows, Way::Sql, role, &relation.id, answer.took))
}

fn exposed(relation: &Relation, role: &str) -> String {
    let because = match (relation.is_table, relation.has_row_security) {
        (true, false) => "row security is off",
        (true, true) => "a policy lets it",
        (false, _) => "the view shows them",
    };
    format!("{role} sees rows: {because}")
}

/// Out of time is no answer, neither way.
pub(super) fn late(trouble: &Trouble) -> Seen {
    Seen::unproven(format!("not finished: {}", trouble.message))
}

/// What fails for a reason of its own fails for whoever asks, as a policy that looks itself up does.
pub(super) fn broken(trouble: &Trouble) -> Seen {
    Seen::failed(
        "smoke-query-failed",
        format!("{} ({})", trouble.message, trouble.state),
    )
}
