//! What belongs to extensions: it is not compared, but a plan has to know where something stands that the other side
//! has outside of them.

use std::collections::BTreeMap;

use super::Address;
use super::row::Row;
use super::transport::{Cells, Fault, Transport};
use crate::classes::Class;
use crate::contract::{ClassName, ObjectId};
use crate::sql;

/// How the query of a class leaves out what belongs to an extension.
const OUTSIDE: &str = "and e.objid is null";

/// The name of each member with its extension's. `spelled` gives a class's query as the server understands it.
pub(super) async fn read(
    transport: &mut Transport,
    spelled: impl Fn(&str) -> String,
) -> Result<BTreeMap<ObjectId, String>, Fault> {
    let extensions = extensions(transport).await?;
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
    let queries: Vec<String> = queries.collect();
    let mut members = BTreeMap::new();
    let take = |at: usize, cells| {
        let row = Row::read(cells)?;
        if let (Some(extension), Some(path)) = (extensions.get(&row.address), row.path()) {
            let id = ObjectId::new(ClassName::new(classes[at].name), path);
            members.insert(id, extension.clone());
        }
        Ok::<_, Fault>(())
    };
    transport.each(&queries, Row::WIDTH, take).await?;
    Ok(members)
}

/// The extension that each address belongs to.
async fn extensions(transport: &mut Transport) -> Result<BTreeMap<Address, String>, Fault> {
    let query = "select d.classid::int8, d.objid::int8, d.objsubid::int4, x.extname::text from pg_depend d join pg_extension x on d.refclassid = 'pg_extension'::regclass and x.oid = d.refobjid where d.deptype = 'e' and d.objid >= 16384";
    let mut extensions = BTreeMap::new();
    let take = |_, mut row: Cells| {
        let name = sql::identifier(&row.text(3)?);
        extensions.insert(Address::read(&row, 0)?, name);
        Ok::<_, Fault>(())
    };
    transport.each(&[query.to_owned()], 4, take).await?;
    Ok(extensions)
}
