-- Materialized views. Without data every query of one fails.
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  json_build_object(
    'definition', pg_get_viewdef(c.oid),
    'populated', c.relispopulated,
    'options', (select json_agg(o order by o) from unnest(c.reloptions) o)
  ) as facts
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.deptype = 'e' -- member of an extension
where c.relkind = 'm' -- materialized view
  and c.oid >= 16384
  and e.objid is null
