-- Tables, plain and partitioned. Foreign tables are a class of their own.
with recursive up as (
  -- Triggers that hold constraints and are disabled, or for replicas only, lead to the constraint that is nobody's part.
  select k.oid, k.conparentid
  from pg_constraint k
  where k.oid in (select g.tgconstraint from pg_trigger g where g.tgisinternal and g.tgenabled in ('D', 'R'))
  union
  select k.oid, k.conparentid
  from up u
  join pg_constraint k on k.oid = u.conparentid
),
part as (
  select u.oid, u.oid as top
  from up u
  where u.conparentid = 0
  union all
  select k.oid, p.top
  from part p
  join pg_constraint k on k.conparentid = p.oid
),
holder as ( -- a partitioned table has no rows that its own would hold
  select p.top, g.tgrelid, g.tgfoid, g.tgenabled in ('D', 'R') as is_off
  from part p
  join pg_trigger g on g.tgconstraint = p.oid
  join pg_class c on c.oid = g.tgrelid
  where c.relkind <> 'p'
),
unheld as (
  select x.tgrelid, json_agg(json_build_array(n.nspname, c.relname, k.conname) order by n.nspname, c.relname, k.conname) as constraints
  from (
    select distinct h.tgrelid, h.top
    from holder h
    where h.is_off
      and exists (select from holder o where o.top = h.top and o.tgfoid = h.tgfoid and not o.is_off)
  ) x
  join pg_constraint k on k.oid = x.top
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  group by x.tgrelid
)
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    c.relrowsecurity as row_security,
    c.relforcerowsecurity as force_row_security,
    case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' end as persistence,
    (
      select json_agg(x.option order by x.option)
      from (
        select unnest(c.reloptions)
        union all
        select 'toast.' || unnest(o.reloptions)
      ) x (option)
    ) as options,
    case c.relreplident
      when 'n' then 'nothing'
      when 'f' then 'full'
      when 'i' then 'index ' || (
        select quote_ident(ic.relname)
        from pg_index i
        join pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = c.oid
          and i.indisreplident
      )
    end as replica_identity, -- the primary key is the default
    case when t.oid is not null then json_build_array(yn.nspname, t.typname) end as of_type,
    case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
    case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as partition_bound,
    i.parents as inherits,
    nullif(false -- a detach that was broken off
      or exists (select from pg_inherits d where d.inhrelid = c.oid and d.inhdetachpending) -- since 14
    , false) as detaching,
    case when am.amname <> 'heap' then json_build_array(am.amname) end as access_method,
    case when ts.oid is not null then json_build_array(ts.spcname) end as tablespace, -- null is the database's
    case when c.relispartition then u.constraints end as unenforced,
    (
      select json_agg(a.attname order by a.attnum)
      from pg_attribute a
      where a.attrelid = c.oid
        and a.attnum > 0
        and not a.attisdropped
        and (a.attinhcount = 0 or c.relispartition) -- a restored child has inherited columns first
    ) as column_order
  ) f) as facts
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_class o on o.oid = c.reltoastrelid
left join pg_am am on am.oid = c.relam
left join pg_tablespace ts on ts.oid = c.reltablespace
left join pg_type t on t.oid = c.reloftype
left join pg_namespace yn on yn.oid = t.typnamespace
left join (
  select
    i.inhrelid,
    json_agg(json_build_array(pn.nspname, p.relname) order by i.inhseqno) as parents
  from pg_inherits i
  join pg_class p on p.oid = i.inhparent
  join pg_namespace pn on pn.oid = p.relnamespace
  group by i.inhrelid
) i on i.inhrelid = c.oid
left join unheld u on u.tgrelid = c.oid
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.relkind in ('r', 'p') -- table, partitioned table
  and c.relpersistence <> 't' -- somebody's temporary table
  and c.oid >= 16384
  and e.objid is null
