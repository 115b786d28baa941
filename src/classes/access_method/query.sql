-- Access methods of tables and indexes.
-- asked where there are: pg_am where oid >= 16384
select
  'pg_am'::regclass::oid::int8 as class_oid,
  a.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(a.amname)) as name,
  json_build_object(
    'type', case a.amtype when 't' then 'table' when 'i' then 'index' end,
    'handler', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.amhandler)
  ) as facts
from pg_am a
left join pg_depend e
  on e.classid = 'pg_am'::regclass
  and e.objid = a.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where a.oid >= 16384
  and e.objid is null
