-- Security labels, one a provider. What is no object of its own hands its label up: columns of views and of composite
-- types. Those of roles and databases are kept for the whole server.
select
  l.classoid::int8 as class_oid,
  l.objoid::int8 as object_oid,
  l.objsubid as sub_id,
  case when c.relkind = 'c' then 'pg_type'::regclass::oid else l.classoid end::int8 as parent_class_oid,
  case when c.relkind = 'c' then c.reltype else l.objoid end::int8 as parent_object_oid,
  case when a.attnum is not null then 0 else l.objsubid end as parent_sub_id,
  null::name as schema_name,
  json_build_array(
    case when a.attnum is not null then '.' else '' end,
    case when a.attnum is not null then json_build_array(a.attname) else '[]'::json end,
    ' for ',
    json_build_array(l.provider)
  ) as name,
  json_build_object('label', l.label) as facts
from (
  select s.classoid, s.objoid, s.objsubid, s.provider, s.label from pg_seclabel s
  union all
  select s.classoid, s.objoid, 0, s.provider, s.label from pg_shseclabel s
) l
left join pg_class c
  on c.oid = l.objoid
  and l.classoid = 'pg_class'::regclass
left join pg_attribute a
  on a.attrelid = c.oid
  and a.attnum = l.objsubid
  and a.attnum > 0
  and c.relkind not in ('r', 'p', 'f')
