-- Column defaults. Columns of views are no objects, so that their defaults belong to the view. A default names no column,
-- so it is printed without a relation, which would have to be opened first (documentation, pg_get_expr).
select
  'pg_attrdef'::regclass::oid::int8 as class_oid,
  d.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  case when c.relkind = 'v' then 0 else a.attnum end::int4 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, a.attname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    pg_get_expr(d.adbin, 0) as expression
  ) f) as facts
from pg_attrdef d
join pg_class c on c.oid = d.adrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
where c.relkind in ('r', 'p', 'f', 'v')
  and c.relpersistence <> 't'
  and c.oid >= 16384
  and a.attgenerated = '' -- else it is the column's generation expression
  and not a.attisdropped
