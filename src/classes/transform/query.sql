-- Transforms. They are in no schema; the type's says whose they are.
-- asked where there are: pg_transform where oid >= 16384
select
  'pg_transform'::regclass::oid::int8 as class_oid,
  t.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  nullif(n.nspname, 'pg_catalog') as schema_name,
  json_build_array('for ' || format_type(t.trftype, null) || ' language ', json_build_array(l.lanname)) as name,
  json_build_object(
    'from_sql', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.trffromsql),
    'to_sql', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.trftosql)
  ) as facts
from pg_transform t
join pg_type y on y.oid = t.trftype
join pg_namespace n on n.oid = y.typnamespace
join pg_language l on l.oid = t.trflang
left join pg_depend e
  on e.classid = 'pg_transform'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
