-- What a running server counted, one row each: its kind, and what it is as JSON. Names are lists, quoted later.
with sequence as (
  select
    json_build_array(n.nspname, c.relname) as name,
    case when a.attname is not null then json_build_array(tn.nspname, t.relname, a.attname) end as column_name,
    has_sequence_privilege(c.oid, 'select, usage') as is_shown,
    case when has_sequence_privilege(c.oid, 'select, usage') then pg_sequence_last_value(c.oid) end as last_value,
    s.seqincrement,
    s.seqmin,
    -- A column may be narrower than what it draws from.
    least(s.seqmax, case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else s.seqmax end) as seqmax
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_depend d
    on d.classid = 'pg_class'::regclass
    and d.objid = c.oid
    and d.refclassid = 'pg_class'::regclass
    and d.refobjsubid > 0
    and d.deptype in ('a', 'i') -- owned by a column, internal to an identity column
  left join pg_class t on t.oid = d.refobjid
  left join pg_namespace tn on tn.oid = t.relnamespace
  left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where c.relpersistence <> 't'
),
width as (
  select s.schemaname, s.tablename, sum((1 - s.null_frac) * s.avg_width)::numeric as bytes
  from pg_stats s
  where not s.inherited
  group by s.schemaname, s.tablename
),
room as (
  select
    n.nspname,
    c.relname,
    c.relpages::numeric as pages,
    -- 28 bytes of each row are its own head and place; 24 of each page are the page's.
    greatest(ceil(c.reltuples::numeric * (28 + w.bytes) / (current_setting('block_size')::numeric - 24)), 1) as needed
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join width w on w.schemaname = n.nspname and w.tablename = c.relname
  where c.relkind = 'r'
    and c.reltuples >= 0 -- else never counted
)
select
  'drawn' as kind,
  json_build_object(
    'sequence', s.name,
    'column', s.column_name,
    'last', s.last_value,
    'limit', case when s.seqincrement > 0 then s.seqmax else s.seqmin end,
    'used', case
      when s.seqincrement > 0 then (s.last_value - s.seqmin::numeric) / nullif(s.seqmax - s.seqmin::numeric, 0)
      else (s.seqmax::numeric - s.last_value) / nullif(s.seqmax::numeric - s.seqmin, 0)
    end
  )::text as fact
from sequence s
where s.last_value is not null
  and s.seqmax <> s.seqmin
union all
select 'hidden', count(*)::text
from sequence s
where not s.is_shown
union all
select 'unused', json_build_array(n.nspname, c.relname)::text
from pg_stat_user_indexes u
join pg_index i on i.indexrelid = u.indexrelid
-- Of a partitioned index, none of its parts.
join pg_class c on c.oid = coalesce(pg_partition_root(u.indexrelid), u.indexrelid)
join pg_namespace n on n.oid = c.relnamespace
where not i.indisunique
  and not i.indisexclusion
group by n.nspname, c.relname
having sum(u.idx_scan) = 0
union all
select
  'bloat',
  json_build_object(
    'table', json_build_array(r.nspname, r.relname),
    'wasted', ((r.pages - r.needed) * current_setting('block_size')::numeric)::int8,
    'ratio', round(r.pages / r.needed, 1)
  )::text
from room r
-- Statistics are a guess: what is worth a look is far from them.
where r.pages > 5 * r.needed
  and (r.pages - r.needed) * current_setting('block_size')::numeric > 20 * 1024 * 1024
