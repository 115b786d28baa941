-- Schemas. `public` is the only one that initdb makes and people own.
select
  'pg_namespace'::regclass::oid::int8 as class_oid,
  n.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname)) as name,
  '{}' as facts
from pg_namespace n
where (n.oid >= 16384 or n.nspname = 'public') -- below are the server's own objects
  and n.nspname !~ '^pg_(temp|toast)'
