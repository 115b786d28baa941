-- Objects that go with an extension without being its members. The index behind a key hands it up to the key.
select distinct -- before 13 it could be said twice
  d.classid::int8 as class_oid,
  d.objid::int8 as object_oid,
  0 as sub_id,
  case when k.oid is not null then 'pg_constraint'::regclass::oid else d.classid end::int8 as parent_class_oid,
  case when k.oid is not null then k.oid else d.objid end::int8 as parent_object_oid,
  0 as parent_sub_id,
  null::name as schema_name,
  jsonb_build_array(
    case when k.oid is not null then ' (index) on ' else ' on ' end,
    jsonb_build_array(x.extname)
  ) as name,
  '{}'::jsonb as facts
from pg_depend d
join pg_extension x
  on x.oid = d.refobjid
  and d.refclassid = 'pg_extension'::regclass
left join pg_constraint k
  on k.conindid = d.objid
  and d.classid = 'pg_class'::regclass
  and k.contype in ('p', 'u', 'x') -- a foreign key names the index it refers to as well
where d.deptype = 'x'
