-- Text search dictionaries.
-- asked where there are: pg_ts_dict where oid >= 16384
select
  'pg_ts_dict'::regclass::oid::int8 as class_oid,
  d.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, d.dictname)) as name,
  json_build_object(
    'template', json_build_array(tn.nspname, t.tmplname),
    'options', d.dictinitoption
  ) as facts
from pg_ts_dict d
join pg_namespace n on n.oid = d.dictnamespace
join pg_ts_template t on t.oid = d.dicttemplate
join pg_namespace tn on tn.oid = t.tmplnamespace
left join pg_depend e
  on e.classid = 'pg_ts_dict'::regclass
  and e.objid = d.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where d.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
