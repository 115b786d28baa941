-- Roles. They belong to the server: which of them are compared is decided in `inspect/scope`. Passwords are nobody's
-- to read. A role that is valid forever is one without a limit.
select
  'pg_authid'::regclass::oid::int8 as class_oid,
  r.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(r.rolname)) as name,
  json_build_object(
    'superuser', r.rolsuper,
    'bypassrls', r.rolbypassrls,
    'createrole', r.rolcreaterole,
    'createdb', r.rolcreatedb,
    'replication', r.rolreplication,
    'login', r.rolcanlogin,
    'inherit', r.rolinherit,
    'connection_limit', r.rolconnlimit,
    'valid_until', case
      when r.rolvaliduntil <> 'infinity' then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'
    end
  ) as facts
from pg_roles r
where r.oid >= 16384
  and r.rolname !~ '^pg_'
