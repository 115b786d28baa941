-- Catalogs that this version does not know, with what of their rows can be held against another server's.
select
  c.relname::text as name,
  -- Rows that initdb made have small oids; a catalog without oids tells nothing about who made a row.
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'oid' and a.attnum > 0 and not a.attisdropped) as has_oid,
  has_any_column_privilege(c.oid, 'select')
    and not exists (
      select from pg_attribute a
      where a.attrelid = c.oid
        and a.attname = 'oid'
        and not has_column_privilege(c.oid, a.attnum, 'select')
    ) as is_readable,
  (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    from pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and has_column_privilege(c.oid, a.attnum, 'select')
      -- Numbers of objects and transactions are another server's own; trees of expressions are full of them.
      and a.atttypid not in ('oid'::regtype, 'oid[]'::regtype, 'oidvector'::regtype, 'xid'::regtype, 'pg_node_tree'::regtype, 'pg_lsn'::regtype)
  ) as columns
from pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace
  and c.relkind = 'r'
  and c.relname <> all ($1)
  -- Some extensions keep tables of their own here.
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.relname
