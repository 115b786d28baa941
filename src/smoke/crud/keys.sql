-- Unique keys of a table, and its foreign keys of one column: kind, columns, what they refer to.
with target as (
  select c.oid
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = {schema}
    and c.relname = {name}
)
select
  'unique',
  -- Columns inside of expressions are known by what the index depends on.
  (
    select json_agg(distinct a.attname)
    from pg_attribute a
    where a.attrelid = i.indrelid
      and a.attnum > 0
      and (
        a.attnum = any (i.indkey)
        or exists (
          select
          from pg_depend d
          where d.classid = 'pg_class'::regclass
            and d.objid = i.indexrelid
            and d.refclassid = 'pg_class'::regclass
            and d.refobjid = i.indrelid
            and d.refobjsubid = a.attnum
        )
      )
  )::text,
  null,
  null
from pg_index i
join target on target.oid = i.indrelid
where i.indisunique
  and i.indpred is null
union all
select
  'foreign',
  json_agg(a.attname order by x.position)::text,
  min(quote_ident(fn.nspname) || '.' || quote_ident(f.relname)),
  json_agg(r.attname order by x.position)::text
from pg_constraint k
join target on target.oid = k.conrelid
join pg_class f on f.oid = k.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
cross join lateral unnest(k.conkey, k.confkey) with ordinality x (own, other, position)
join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.own
join pg_attribute r on r.attrelid = k.confrelid and r.attnum = x.other
where k.contype = 'f'
group by k.oid
