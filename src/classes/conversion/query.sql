-- Conversions between encodings.
-- asked where there are: pg_conversion where oid >= 16384
select
  'pg_conversion'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.conname)) as name,
  json_build_object(
    'from', pg_encoding_to_char(c.conforencoding),
    'to', pg_encoding_to_char(c.contoencoding),
    'function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = c.conproc),
    'default', c.condefault
  ) as facts
from pg_conversion c
join pg_namespace n on n.oid = c.connamespace
left join pg_depend e
  on e.classid = 'pg_conversion'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
