-- Extensions. The version that the server installs by default is the environment's and left out, so that servers of
-- several majors agree; another one is somebody's choice, or an update that was forgotten. The language every database
-- has is nobody's.
select
  'pg_extension'::regclass::oid::int8 as class_oid,
  x.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(x.extname)) as name,
  json_build_object(
    'schema', json_build_array(n.nspname),
    'version', case when x.extversion <> a.default_version then x.extversion end
  ) as facts
from pg_extension x
join pg_namespace n on n.oid = x.extnamespace
left join pg_available_extensions() a on a.name = x.extname
where x.extname <> 'plpgsql'
