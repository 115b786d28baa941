-- Roles that act: those of an API where there are any, else whoever may do something with a table and owns none.
-- $1 schemas of the platform.
with api as (
  select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') and not rolsuper
)
select rolname::text from api
union all
select r.rolname::text
from pg_catalog.pg_roles r
where not exists (select from api where rolname = 'authenticated')
  and not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^(pg_|_pgpact|pgpact_scratch)'
  and not exists (select from pg_catalog.pg_class c where c.relowner = r.oid)
  and not exists (select from pg_catalog.pg_database d where d.datdba = r.oid)
  and exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral pg_catalog.aclexplode(c.relacl) a
    where c.relkind in ('r', 'p', 'v') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all ($1)
      and a.grantee = r.oid)
order by 1
