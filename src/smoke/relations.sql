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
  )::text,
  -- Rows that policies show visitors by the name of their role: somebody meant that.
  (
    select pg_catalog.json_agg(pg_catalog.json_build_array(p.polname, pg_catalog.pg_get_expr(p.polqual, p.polrelid)) order by p.polname)
    from pg_catalog.pg_policy p
    join pg_catalog.pg_roles r on r.oid = any (p.polroles)
    where p.polrelid = c.oid
      and c.relrowsecurity
      and p.polpermissive
      and p.polcmd in ('r', '*') -- select, all
      and r.rolname = {anon}
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
