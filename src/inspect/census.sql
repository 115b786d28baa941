-- What exists and has no class yet, counted, so that it is named in coverage and never silently absent.
-- Objects of extensions and of initdb are theirs.
with member as (
  select d.classid, d.objid
  from pg_depend d
  where d.deptype = 'e'
),
counted as (
  select 'foreign tables' as what, c.oid, 'pg_class'::regclass as class from pg_class c where c.relkind = 'f'
  union all
  select 'rules', r.oid, 'pg_rewrite'::regclass from pg_rewrite r where r.rulename <> '_RETURN'
  union all
  select 'event triggers', t.oid, 'pg_event_trigger'::regclass from pg_event_trigger t
  union all
  select 'publications', p.oid, 'pg_publication'::regclass from pg_publication p
  union all
  select 'extended statistics', s.oid, 'pg_statistic_ext'::regclass from pg_statistic_ext s
  union all
  select 'foreign data wrappers', w.oid, 'pg_foreign_data_wrapper'::regclass from pg_foreign_data_wrapper w
  union all
  select 'foreign servers', s.oid, 'pg_foreign_server'::regclass from pg_foreign_server s
  union all
  -- Up to a number they are compared, see there.
  select 'large objects', l.oid, 'pg_largeobject'::regclass from pg_largeobject_metadata l
  where (select count(*) from (select from pg_largeobject_metadata limit 1001) x) > 1000
)
select
  c.what,
  count(*)::text as number,
  -- Many of something are data, and come and go.
  case when count(*) <= 1000 then left(md5(string_agg((pg_identify_object(c.class, c.oid, 0)).identity, ' ' order by c.class, (pg_identify_object(c.class, c.oid, 0)).identity)), 8) end as hash
from counted c
left join member m on m.classid = c.class and m.objid = c.oid
where c.oid >= 16384
  and m.objid is null
group by c.what
order by c.what
