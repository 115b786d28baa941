-- Enums. The order of values is enumsortorder: oids say only when a value was added.
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
    'values', v.labels
  ) as facts
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join (
  select enumtypid, json_agg(enumlabel order by enumsortorder) as labels
  from pg_enum
  group by enumtypid
) v on v.enumtypid = t.oid
left join pg_depend e
  on e.classid = 'pg_type'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.typtype = 'e' -- enum
  and t.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
