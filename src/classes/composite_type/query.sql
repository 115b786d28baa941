-- Composite types made with CREATE TYPE: row types of tables and views have a relation of another kind.
-- asked where there are: pg_class where relkind = 'c' and oid >= 16384
select
  'pg_type'::regclass::oid::int8 as class_oid,
  t.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, t.typname)) as name,
  json_build_object(
    'attributes', a.attributes
  ) as facts
from pg_class c
join pg_type t on t.typrelid = c.oid
join pg_namespace n on n.oid = c.relnamespace
left join (
  select
    a.attrelid,
    json_agg(json_build_array(
      a.attname,
      format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> y.typcollation then json_build_array(cn.nspname, co.collname) end
    ) order by a.attnum) as attributes
  from pg_attribute a
  join pg_type y on y.oid = a.atttypid
  left join pg_collation co on co.oid = a.attcollation
  left join pg_namespace cn on cn.oid = co.collnamespace
  where a.attnum > 0
    and not a.attisdropped
  group by a.attrelid
) a on a.attrelid = c.oid
left join pg_depend e
  on e.classid = 'pg_type'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.relkind = 'c' -- composite type
  and c.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
