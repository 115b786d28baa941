-- Tables and views of the API's schemas, without what extensions brought.
select
  n.nspname::text,
  c.relname::text,
  c.relkind::text,
  c.relrowsecurity::text,
  -- Foreign keys of partitioned tables are there on their partitions as well.
  exists (
    select
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class u on u.oid = k.confrelid
    join pg_catalog.pg_namespace un on un.oid = u.relnamespace
    where k.conrelid = c.oid
      and k.contype = 'f'
      and un.nspname = 'auth'
      and u.relname = 'users'
  )::text
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm')
  and n.nspname = any ({schemas})
  and not exists (
    select
    from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e' -- member of an extension
  )
order by n.nspname, c.relname
