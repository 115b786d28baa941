//! What belongs to extensions: it is not compared, but a plan has to know where something stands that the other side
//! has outside of them.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};

use super::Address;
use super::row::Row;
use crate::classes::Class;
use crate::contract::{ClassName, ObjectId};
use crate::sql;

/// How the query of a class leaves out what belongs to an extension.
const OUTSIDE: &str = "and e.objid is null";

/// The name of each member with its extension's. `spelled` gives a class's query as the server understands it.
pub(super) async fn read(
    connection: &mut PgConnection,
    spelled: impl Fn(&str) -> String,
) -> Result<BTreeMap<ObjectId, String>, sqlx::Error> {
    let extensions = extensions(connection).await?;
    if extensions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let classes: Vec<&Class> = Class::ALL
        .iter()
        .copied()
        .filter(|class| class.query.contains(OUTSIDE))
        .collect();
    let queries = classes
        .iter()
        .map(|class| spelled(class.query).replace(OUTSIDE, "and e.objid is not null"));
    let text = queries.collect::<Vec<_>>().join(";\n");
    let mut results = connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(text)));
    let mut classes = classes.into_iter();
    let mut class = classes.next();
    let mut members = BTreeMap::new();
    while let Some(result) = results.try_next().await? {
        match (result, class) {
            (Either::Left(_), _) => class = classes.next(),
            (Either::Right(row), Some(class)) => {
                let row = Row::read(&row)?;
                if let (Some(extension), Some(path)) = (extensions.get(&row.address), row.path()) {
                    let id = ObjectId::new(ClassName::new(class.name), path);
                    members.insert(id, extension.clone());
                }
            }
            (Either::Right(_), None) => unreachable!("each query gives one result"),
        }
    }
    Ok(members)
}

/// The extension that each address belongs to.
async fn extensions(
    connection: &mut PgConnection,
) -> Result<BTreeMap<Address, String>, sqlx::Error> {
    let query = "select d.classid::int8, d.objid::int8, d.objsubid::int4, x.extname::text from pg_depend d join pg_extension x on d.refclassid = 'pg_extension'::regclass and x.oid = d.refobjid where d.deptype = 'e' and d.objid >= 16384";
    let rows = connection.fetch_all(sqlx::raw_sql(query)).await?;
    let pair = |row| {
        let name: String = sqlx::postgres::PgRow::try_get_unchecked(row, 3)?;
        Ok((super::depends::address(row, 0)?, sql::identifier(&name)))
    };
    rows.iter().map(pair).collect()
}
