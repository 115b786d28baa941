-- Columns of a table, and what a new row has to mind about each.
with recursive target as (
  select c.oid
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = {schema}
    and c.relname = {name}
),
base as (
  -- What a domain is of, in the end.
  select t.oid as type, t.oid as base
  from pg_type t
  where t.typtype <> 'd'
  union all
  select t.oid, b.base
  from pg_type t
  join base b on b.type = t.typbasetype
  where t.typtype = 'd'
)
select
  a.attname::text,
  format_type(a.atttypid, a.atttypmod),
  b.typname::text,
  b.typtype::text,
  b.typcategory::text,
  -- How long a varchar or char may be.
  case when a.atttypmod > 4 and b.typname in ('varchar', 'bpchar') then (a.atttypmod - 4)::text end,
  (a.attnotnull or d.typnotnull)::text,
  a.attidentity::text,
  a.attgenerated::text,
  -- A domain may bring a default of its own, which holds where the column has none.
  case when a.attgenerated = '' then coalesce(pg_get_expr(f.adbin, f.adrelid), d.typdefault) end,
  (select e.enumlabel::text from pg_enum e where e.enumtypid = b.oid order by e.enumsortorder limit 1),
  has_column_privilege({role}, a.attrelid, a.attnum, 'update')::text
from pg_attribute a
join target on target.oid = a.attrelid
join pg_type d on d.oid = a.atttypid
join base x on x.type = d.oid
join pg_type b on b.oid = x.base
left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
where a.attnum > 0
  and not a.attisdropped
order by a.attnum
