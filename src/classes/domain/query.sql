-- Domains. Their checks are constraints.
-- asked where there are: pg_type where typtype = 'd' and oid >= 16384
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
    'type', format_type(t.typbasetype, t.typtypmod),
    'not_null', t.typnotnull,
    'default', pg_get_expr(t.typdefaultbin, 0),
    'collation', case when t.typcollation <> b.typcollation then json_build_array(cn.nspname, co.collname) end
  ) as facts
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
join pg_type b on b.oid = t.typbasetype
left join pg_collation co on co.oid = t.typcollation
left join pg_namespace cn on cn.oid = co.collnamespace
left join pg_depend e
  on e.classid = 'pg_type'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.typtype = 'd' -- domain
  and t.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
