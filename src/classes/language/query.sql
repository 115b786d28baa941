-- Languages beyond those that every database has.
-- asked where there are: pg_language where oid >= 16384
select
  'pg_language'::regclass::oid::int8 as class_oid,
  l.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(l.lanname)) as name,
  json_build_object(
    'trusted', l.lanpltrusted,
    'handler', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = l.lanplcallfoid),
    'inline', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = l.laninline),
    'validator', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = l.lanvalidator)
  ) as facts
from pg_language l
left join pg_depend e
  on e.classid = 'pg_language'::regclass
  and e.objid = l.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where l.oid >= 16384
  and e.objid is null
