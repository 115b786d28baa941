-- Comments. An extension brings one; another one is somebody's. What is no object of its own hands its comment
-- up: columns of views and of composite types, and the index behind a key; what partitions have of an index, a key or
-- a trigger to that of the whole. Those of subscriptions are kept for the whole server.
with recursive piece as (
  select 'pg_constraint'::regclass::oid as class, k.oid, k.conparentid as above, k.conrelid as relation, k.oid as own
  from pg_constraint k
  where k.conparentid <> 0
  union all
  select 'pg_trigger'::regclass, g.oid, g.tgparentid, g.tgrelid, g.oid
  from pg_trigger g
  where g.tgparentid <> 0
),
above as (
  select p.class, p.own, p.relation, p.above as top
  from piece p
  union all
  select a.class, a.own, a.relation, p.above
  from above a
  join piece p on p.class = a.class and p.oid = a.top
),
part as (
  select a.class, a.own, a.relation, a.top
  from above a
  where not exists (select from piece p where p.class = a.class and p.oid = a.top)
  union all
  select 'pg_class'::regclass, c.oid, i.indrelid, pg_partition_root(c.oid)
  from pg_class c
  join pg_index i on i.indexrelid = c.oid
  where c.relispartition
)
select
  d.classoid::int8 as class_oid,
  d.objoid::int8 as object_oid,
  d.objsubid as sub_id,
  case
    when k.oid is not null then 'pg_constraint'::regclass::oid
    when c.relkind = 'c' then 'pg_type'::regclass::oid
    else d.classoid
  end::int8 as parent_class_oid,
  case
    when k.oid is not null then k.oid
    when c.relkind = 'c' then c.reltype
    else coalesce(p.top, d.objoid)
  end::int8 as parent_object_oid,
  case when a.attnum is not null then 0 else d.objsubid end as parent_sub_id,
  null::name as schema_name,
  case
    when p.class = 'pg_class'::regclass then json_build_array(' (index on ', json_build_array(pn.nspname, pc.relname), ')')
    when p.own is not null then json_build_array(' (on ', json_build_array(pn.nspname, pc.relname), ')')
    when k.oid is not null then '[" (index)"]'::json
    when a.attnum is not null then json_build_array('.', json_build_array(a.attname))
    else '[]'::json
  end as name,
  json_build_object('text', d.description) as facts
from (
  select x.classoid, x.objoid, x.objsubid, x.description from pg_description x
  union all
  select x.classoid, x.objoid, 0, x.description from pg_shdescription x
) d
left join pg_class c
  on c.oid = d.objoid
  and d.classoid = 'pg_class'::regclass
-- `offset 0` has each column looked up by its number, where the planner would read all of its relation's.
left join lateral (
  select a.attnum, a.attname
  from pg_attribute a
  where a.attrelid = c.oid
    and a.attnum = d.objsubid
    and d.objsubid > 0
    and c.relkind not in ('r', 'p', 'f')
  offset 0
) a on true
left join part p
  on p.own = d.objoid
  and p.class = d.classoid
left join pg_class pc on pc.oid = p.relation
left join pg_namespace pn on pn.oid = pc.relnamespace
left join pg_constraint k
  on k.conindid = coalesce(p.top, c.oid)
  and d.classoid = 'pg_class'::regclass
  and k.contype in ('p', 'u', 'x') -- a foreign key names the index it refers to as well
where (
    d.objoid >= 16384
    and not exists (
      select from pg_extension e
      left join pg_available_extensions() v on v.name = e.extname
      where d.classoid = 'pg_extension'::regclass
        and e.oid = d.objoid
        and (v.name is null or v.comment is not distinct from d.description)
    )
    -- Large objects have the number that somebody gave them.
    or d.classoid = 'pg_largeobject'::regclass
    -- The comment that initdb gives it is nobody's.
    or d.classoid = 'pg_namespace'::regclass
    and d.objoid = (select n.oid from pg_namespace n where n.nspname = 'public')
    and d.description <> 'standard public schema'
  )
union all
-- What belongs to the server. The database has another name on each side.
select
  d.classoid::int8,
  d.objoid::int8,
  0,
  case when d.classoid = 'pg_authid'::regclass then d.classoid end::int8,
  case when d.classoid = 'pg_authid'::regclass then d.objoid end::int8,
  case when d.classoid = 'pg_authid'::regclass then 0 end,
  null,
  case when d.classoid = 'pg_authid'::regclass then '[]'::json else '["database (current)"]'::json end,
  json_build_object('text', d.description)
from pg_shdescription d
where d.classoid = 'pg_authid'::regclass
  and d.objoid >= 16384
  or d.classoid = 'pg_database'::regclass
  and d.objoid = (select b.oid from pg_database b where b.datname = current_database())
  and d.description not in ('default administrative connection database', 'default template for new databases')
