-- Range types. The multirange, the constructor functions and the cast between them come along with the type.
-- asked where there are: pg_range where rngtypid >= 16384
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
    'subtype', format_type(r.rngsubtype, null),
    'operator_class', (select json_build_array(cn.nspname, c.opcname) from pg_opclass c join pg_namespace cn on cn.oid = c.opcnamespace where c.oid = r.rngsubopc),
    'collation', case when r.rngcollation <> s.typcollation then (select json_build_array(cn.nspname, c.collname) from pg_collation c join pg_namespace cn on cn.oid = c.collnamespace where c.oid = r.rngcollation) end,
    'canonical', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = r.rngcanonical),
    'multirange', (select json_build_array(mn.nspname, m.typname) from pg_type m join pg_namespace mn on mn.oid = m.typnamespace where m.oid = r.rngmultitypid), -- since 14
    'difference', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = r.rngsubdiff)
  ) as facts
from pg_type t
join pg_range r on r.rngtypid = t.oid
join pg_type s on s.oid = r.rngsubtype
join pg_namespace n on n.oid = t.typnamespace
left join pg_depend e
  on e.classid = 'pg_type'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.oid >= 16384
  and t.typtype = 'r' -- range
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
