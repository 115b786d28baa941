//! Whether a deploy is under way: a migration tool holds its lock, or somebody is writing a history table.

/// Locks of other sessions on this database: what is locked, how, and the database's name.
///
/// An advisory lock of one 64-bit key is shown in two halves (documentation, "`pg_locks`").
pub(in crate::inspect) const LOCKS: &str = "
select
  case l.locktype
    when 'advisory' then ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8)::pg_catalog.text
    else pg_catalog.format('%I.%I', n.nspname, c.relname)
  end,
  l.locktype::pg_catalog.text,
  pg_catalog.current_database()::pg_catalog.text
from pg_catalog.pg_locks l
left join pg_catalog.pg_class c on l.locktype = 'relation' and c.oid = l.relation
left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where l.granted and l.pid <> pg_catalog.pg_backend_pid()
  and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
  and (
    l.locktype = 'advisory' and l.objsubid = 1
    or c.oid is not null and l.mode not in ('AccessShareLock', 'RowShareLock', 'ShareUpdateExclusiveLock')
  )
limit 10000";

/// One lock of another session.
pub(in crate::inspect) struct Held {
    pub(in crate::inspect) what: String,
    pub(in crate::inspect) kind: String,
    pub(in crate::inspect) database: String,
}

/// What shows that a deploy is under way, in words; `tables` are history tables by their quoted names.
pub(in crate::inspect) fn sign(held: &[Held], tables: &[&str]) -> Option<String> {
    let advisory = held.iter().filter(|lock| lock.kind == "advisory");
    let tool = advisory.filter_map(|lock| {
        let key: i64 = lock.what.parse().ok()?;
        let keys = keys(&lock.database, tables);
        keys.into_iter()
            .find(|(known, _)| *known == key)
            .map(|(_, tool)| format!("{tool} holds its migration lock"))
    });
    let writing = held.iter().filter(|lock| lock.kind == "relation");
    let writing = writing
        .filter(|lock| tables.contains(&&*lock.what))
        .map(|lock| format!("somebody is writing {}", lock.what));
    tool.chain(writing).next()
}

/// Keys of advisory locks as the tools make them, from their sources:
/// Prisma `schema-engine` (72707369), goose `lock.DefaultLockID`, sqlx `generate_lock_id`, Rails
/// `generate_migrator_advisory_lock_id`, golang-migrate `GenerateAdvisoryLockId`.
fn keys(database: &str, tables: &[&str]) -> Vec<(i64, &'static str)> {
    let crc = |text: &str| i64::from(crc32fast::hash(text.as_bytes()));
    let mut keys = vec![
        (72_707_369, "Prisma"),
        (4_097_083_626, "goose"),
        (0x3d32_ad9e * crc(database), "sqlx"),
        (2_053_462_845 * crc(database), "Rails"),
    ];
    for table in tables {
        let Some((schema, name)) = table.rsplit_once('.') else {
            continue;
        };
        let bare = |part: &str| part.trim_matches('"').replace("\"\"", "\"");
        let text = format!("{}\0{}\0{database}", bare(schema), bare(name));
        let key = crc32fast::hash(text.as_bytes()).wrapping_mul(1_486_364_155);
        keys.push((i64::from(key), "golang-migrate"));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(kind: &str, what: &str) -> Held {
        Held {
            what: what.to_owned(),
            kind: kind.to_owned(),
            database: "shop".to_owned(),
        }
    }

    #[test]
    fn locks_of_tools_are_known_and_those_of_applications_are_not() {
        let tables = ["public._sqlx_migrations"];
        let prisma = sign(&[held("advisory", "72707369")], &tables);
        assert_eq!(prisma.unwrap(), "Prisma holds its migration lock");
        let key = 0x3d32_ad9e * i64::from(crc32fast::hash(b"shop"));
        let sqlx = sign(&[held("advisory", &key.to_string())], &tables);
        assert_eq!(sqlx.unwrap(), "sqlx holds its migration lock");
        assert_eq!(sign(&[held("advisory", "42")], &tables), None);
        assert_eq!(sign(&[held("relation", "public.orders")], &tables), None);
        let writing = sign(&[held("relation", "public._sqlx_migrations")], &tables);
        assert_eq!(
            writing.unwrap(),
            "somebody is writing public._sqlx_migrations"
        );
    }
}
