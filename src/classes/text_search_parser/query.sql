-- Text search parsers.
-- asked where there are: pg_ts_parser where oid >= 16384
select
  'pg_ts_parser'::regclass::oid::int8 as class_oid,
  p.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, p.prsname)) as name,
  json_build_object(
    'start', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = p.prsstart),
    'get_token', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = p.prstoken),
    'end', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = p.prsend),
    'headline', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = p.prsheadline),
    'token_types', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = p.prslextype)
  ) as facts
from pg_ts_parser p
join pg_namespace n on n.oid = p.prsnamespace
left join pg_depend e
  on e.classid = 'pg_ts_parser'::regclass
  and e.objid = p.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where p.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
