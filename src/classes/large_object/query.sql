-- Large objects: that they are there, not what they hold. Where an application keeps many they are data, and counted instead.
select
  'pg_largeobject'::regclass::oid::int8 as class_oid,
  l.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(l.oid::text) as name,
  '{}' as facts
from pg_largeobject_metadata l
where (select count(*) from (select from pg_largeobject_metadata limit 1001) x) <= 1000
