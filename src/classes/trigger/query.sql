-- Triggers people made; a partition's clone stands for its parent's. The bits of tgtype are in catalog/pg_trigger.h.
select
  'pg_trigger'::regclass::oid::int8 as class_oid,
  g.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, g.tgname)) as name,
  json_build_object(
    'timing', case when g.tgtype & 2 = 2 then 'before' when g.tgtype & 64 = 64 then 'instead of' else 'after' end,
    'events', array_to_json(array_remove(array[
      case when g.tgtype & 4 = 4 then 'insert' end,
      case when g.tgtype & 8 = 8 then 'delete' end,
      case when g.tgtype & 16 = 16 then 'update' end,
      case when g.tgtype & 32 = 32 then 'truncate' end
    ], null)),
    'columns', (
      select json_agg(a.attname order by a.attname)
      from unnest(g.tgattr::int2[]) x (attnum)
      join pg_attribute a on a.attrelid = g.tgrelid and a.attnum = x.attnum
    ),
    'level', case when g.tgtype & 1 = 1 then 'row' else 'statement' end,
    'condition', case when g.tgqual is not null then substring(pg_get_triggerdef(g.oid) from ' WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) ') end,
    'function', json_build_array(pn.nspname, p.proname),
    'function_arguments', case when g.tgnargs > 0 then encode(g.tgargs, 'escape') end,
    'constraint', g.tgconstraint <> 0,
    'deferrable', g.tgdeferrable,
    'initially_deferred', g.tginitdeferred,
    'old_table', g.tgoldtable,
    'new_table', g.tgnewtable,
    'enabled', case g.tgenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
  ) as facts
from pg_trigger g
join pg_class c on c.oid = g.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = g.tgfoid
join pg_namespace pn on pn.oid = p.pronamespace
where not g.tgisinternal
  and g.tgparentid = 0
  and c.relpersistence <> 't'
