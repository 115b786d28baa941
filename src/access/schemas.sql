-- Schemas that the API shows: as its role is set to, else those that an actor's role may use.
-- $1 schemas of the platform, $2 roles of the actors.
with shown as (
  select pg_catalog.btrim(name) as name
  from pg_catalog.pg_db_role_setting s
  join pg_catalog.pg_roles r on r.oid = s.setrole and r.rolname = 'authenticator'
  cross join lateral pg_catalog.unnest(s.setconfig) setting
  cross join lateral pg_catalog.regexp_split_to_table(pg_catalog.substr(setting, pg_catalog.length('pgrst.db_schemas=') + 1), ',') name
  where setting like 'pgrst.db\_schemas=%'
)
select n.nspname::text
from pg_catalog.pg_namespace n
where n.nspname !~ '^(pg_|_pgpact|_stub)' and n.nspname <> 'information_schema' and n.nspname <> all ($1)
  and case when exists (select from shown)
      then n.nspname in (select name from shown)
      else exists (select from pg_catalog.pg_roles r
                   where r.rolname = any ($2) and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage'))
      end
order by 1
