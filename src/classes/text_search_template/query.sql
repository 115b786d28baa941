-- Text search templates.
-- asked where there are: pg_ts_template where oid >= 16384
select
  'pg_ts_template'::regclass::oid::int8 as class_oid,
  t.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, t.tmplname)) as name,
  json_build_object(
    'init', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.tmplinit),
    'lexize', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.tmpllexize)
  ) as facts
from pg_ts_template t
join pg_namespace n on n.oid = t.tmplnamespace
left join pg_depend e
  on e.classid = 'pg_ts_template'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
