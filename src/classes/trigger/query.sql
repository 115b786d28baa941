-- Triggers people made; a partition's clone stands for its parent's, but may be switched off on its own.
-- The bits of tgtype are in catalog/pg_trigger.h.
with recursive clone as (
  select g.oid, g.tgrelid, g.tgenabled, g.tgparentid as top
  from pg_trigger g
  join pg_trigger t on t.oid = g.tgparentid
  where t.tgparentid = 0
    and not t.tgisinternal
  union all
  select g.oid, g.tgrelid, g.tgenabled, p.top
  from clone p
  join pg_trigger g on g.tgparentid = p.oid
),
other as ( -- clones that are not enabled as their top is
  select
    x.top,
    json_agg(json_build_array(
      json_build_array(n.nspname, c.relname),
      case x.tgenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
    ) order by n.nspname, c.relname) as partitions
  from clone x
  join pg_trigger g on g.oid = x.top
  join pg_class c on c.oid = x.tgrelid
  join pg_namespace n on n.oid = c.relnamespace
  where x.tgenabled <> g.tgenabled
  group by x.top
)
select
  'pg_trigger'::regclass::oid::int8 as class_oid,
  g.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, g.tgname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    case when g.tgtype & 2 = 2 then 'before' when g.tgtype & 64 = 64 then 'instead of' else 'after' end as timing,
    array_to_json(array_remove(array[
      case when g.tgtype & 4 = 4 then 'insert' end,
      case when g.tgtype & 8 = 8 then 'delete' end,
      case when g.tgtype & 16 = 16 then 'update' end,
      case when g.tgtype & 32 = 32 then 'truncate' end
    ], null)) as events,
    (
      select json_agg(a.attname order by a.attname)
      from unnest(g.tgattr::int2[]) x (attnum)
      join pg_attribute a on a.attrelid = g.tgrelid and a.attnum = x.attnum
    ) as columns,
    case when g.tgtype & 1 = 1 then 'row' else 'statement' end as level,
    case when g.tgqual is not null then substring(pg_get_triggerdef(g.oid) from ' WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) ') end as condition,
    json_build_array(pn.nspname, p.proname) as function,
    ( -- each ends with a zero byte
      select json_agg(convert_from(decode(x.part[1], 'hex'), getdatabaseencoding()) order by x.position)
      from regexp_matches(encode(g.tgargs, 'hex'), '((?:..)*?)00', 'g') with ordinality x (part, position)
      where g.tgnargs > 0
    ) as function_arguments,
    g.tgconstraint <> 0 as constraint,
    case when f.oid is not null then json_build_array(fn.nspname, f.relname) end as from,
    g.tgdeferrable as deferrable,
    g.tginitdeferred as initially_deferred,
    g.tgoldtable as old_table,
    g.tgnewtable as new_table,
    case g.tgenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end as enabled,
    o.partitions as enabled_on_partitions
  ) f) as facts
from pg_trigger g
join pg_class c on c.oid = g.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = g.tgfoid
join pg_namespace pn on pn.oid = p.pronamespace
left join pg_class f on f.oid = g.tgconstrrelid
left join pg_namespace fn on fn.oid = f.relnamespace
left join other o on o.top = g.oid
where not g.tgisinternal
  and g.tgparentid = 0
  and c.relpersistence <> 't'
