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

/// What belongs to extensions.
#[derive(Default)]
pub(super) struct Members {
    /// The name of each with its extension's.
    pub(super) all: BTreeMap<ObjectId, String>,
    /// Those that somebody put there afterwards, which the extension does not bring.
    pub(super) added: BTreeMap<Address, ObjectId>,
}

/// Reads them. `spelled` gives a class's query as the server understands it.
pub(super) async fn read(
    transport: &mut Transport,
    spelled: impl Fn(&str) -> String,
) -> Result<Members, Fault> {
    let extensions = extensions(transport).await?;
    let mut members = Members::default();
    if extensions.is_empty() {
        return Ok(members);
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
    let take = |at: usize, cells| {
        let row = Row::read(cells)?;
        if let (Some((extension, is_added)), Some(path)) =
            (extensions.get(&row.address), row.path())
        {
            let id = ObjectId::new(ClassName::new(classes[at].name), path);
            if *is_added {
                members.added.insert(row.address, id.clone());
            }
            members.all.insert(id, extension.clone());
        }
        Ok::<_, Fault>(())
    };
    transport.each(&queries, Row::WIDTH, take).await?;
    Ok(members)
}

/// The extension that each address belongs to, and whether it was added. No catalog says that; what is written later than
/// the extension was, while most of what belongs to it was not, cannot have come with it. (An upgraded server wrote all of
/// it later.)
const QUERY: &str = "select d.classid::int8, d.objid::int8, d.objsubid::int4, x.extname::text, \
    x.oid < 16384 or age(d.xmin) < age(x.xmin) and 2 * count(*) filter (where age(d.xmin) < age(x.xmin)) over (partition by x.oid) <= count(*) over (partition by x.oid) \
    from pg_depend d join pg_extension x on d.refclassid = 'pg_extension'::regclass and x.oid = d.refobjid where d.deptype = 'e' and d.objid >= 16384";

async fn extensions(transport: &mut Transport) -> Result<BTreeMap<Address, (String, bool)>, Fault> {
    let mut extensions = BTreeMap::new();
    let take = |_, mut row: Cells| {
        let name = sql::identifier(&row.text(3)?);
        extensions.insert(Address::read(&row, 0)?, (name, row.flag(4)?));
        Ok::<_, Fault>(())
    };
    transport.each(&[QUERY.to_owned()], 5, take).await?;
    Ok(extensions)
}
