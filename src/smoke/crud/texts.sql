-- Whatever runs when a row of a table is written: what fires, in words, its code, and how that is to be read.
with recursive top as (
  select c.oid, c.relkind
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = {schema}
    and c.relname = {name}
),
target as (
  select oid, relkind from top
  union
  select c.oid, c.relkind
  from target t
  join pg_inherits h on h.inhparent = t.oid
  join pg_class c on c.oid = h.inhrelid
  where t.relkind = 'p'
),
type as (
  select t.oid, t.typbasetype, t.typtype
  from pg_attribute a
  join target on target.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  where not a.attisdropped
  union
  select t.oid, t.typbasetype, t.typtype
  from type
  join pg_type t on t.oid = type.typbasetype
)
select 'partition ' || target.oid::regclass::text || ' on another server', null, 'no'
from target
where target.relkind = 'f'
union all
select 'rule ' || r.rulename, null, 'no'
from pg_rewrite r
join target on target.oid = r.ev_class
where r.ev_type <> '1' -- select
union all
select 'trigger ' || g.tgname, quote_ident(n.nspname) || '.' || quote_ident(p.proname), 'function'
from pg_trigger g
join target on target.oid = g.tgrelid
join pg_proc p on p.oid = g.tgfoid
join pg_namespace n on n.oid = p.pronamespace
where not g.tgisinternal
  and g.tgenabled <> 'D' -- disabled
union all
select 'trigger ' || g.tgname, pg_get_triggerdef(g.oid), 'condition'
from pg_trigger g
join target on target.oid = g.tgrelid
where not g.tgisinternal
  and g.tgenabled <> 'D'
  and g.tgqual is not null
union all
select 'constraint ' || k.conname, pg_get_constraintdef(k.oid), 'text'
from pg_constraint k
where k.contype in ('c', 'x')
  and (k.conrelid in (select oid from target) or k.contypid in (select oid from type))
union all
select 'index ' || i.indexrelid::regclass::text, x.text, 'text'
from pg_index i
join target on target.oid = i.indrelid
cross join lateral (values (pg_get_expr(i.indexprs, i.indrelid)), (pg_get_expr(i.indpred, i.indrelid))) x (text)
where x.text is not null
union all
select 'policy ' || p.polname, x.text, 'text'
from pg_policy p
join target on target.oid = p.polrelid
cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) x (text)
where x.text is not null
union all
select 'column ' || a.attname, pg_get_expr(f.adbin, f.adrelid), 'text'
from pg_attrdef f
join target on target.oid = f.adrelid
join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
where a.attgenerated <> ''
union all
select 'partition key', pg_get_partkeydef(t.oid), 'key'
from target t
where t.relkind = 'p'
