-- Comments. Those of extensions come with the extension.
select
  d.classoid::int8 as class_oid,
  d.objoid::int8 as object_oid,
  d.objsubid as sub_id,
  d.classoid::int8 as parent_class_oid,
  d.objoid::int8 as parent_object_oid,
  d.objsubid as parent_sub_id,
  null::name as schema_name,
  '[]' as name,
  json_build_object('text', d.description) as facts
from pg_description d
where d.objoid >= 16384
  and d.classoid <> 'pg_extension'::regclass
