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
  select 'aggregates', p.oid, 'pg_proc'::regclass from pg_proc p where p.prokind = 'a'
  union all
  select 'event triggers', t.oid, 'pg_event_trigger'::regclass from pg_event_trigger t
  union all
  select 'publications', p.oid, 'pg_publication'::regclass from pg_publication p
  union all
  select 'extended statistics', s.oid, 'pg_statistic_ext'::regclass from pg_statistic_ext s
  union all
  select 'range types', t.oid, 'pg_type'::regclass from pg_type t where t.typtype = 'r'
  union all
  select 'base types', t.oid, 'pg_type'::regclass from pg_type t where t.typtype in ('b', 'p') and t.typelem = 0
  union all
  select 'collations', c.oid, 'pg_collation'::regclass from pg_collation c
  union all
  select 'conversions', c.oid, 'pg_conversion'::regclass from pg_conversion c
  union all
  select 'casts', c.oid, 'pg_cast'::regclass from pg_cast c where not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')
  union all
  select 'operators', o.oid, 'pg_operator'::regclass from pg_operator o
  union all
  select 'operator classes', o.oid, 'pg_opclass'::regclass from pg_opclass o
  union all
  select 'text search configurations', c.oid, 'pg_ts_config'::regclass from pg_ts_config c
  union all
  select 'text search dictionaries', d.oid, 'pg_ts_dict'::regclass from pg_ts_dict d
  union all
  select 'languages', l.oid, 'pg_language'::regclass from pg_language l
  union all
  select 'access methods', a.oid, 'pg_am'::regclass from pg_am a
  union all
  select 'foreign data wrappers', w.oid, 'pg_foreign_data_wrapper'::regclass from pg_foreign_data_wrapper w
  union all
  select 'foreign servers', s.oid, 'pg_foreign_server'::regclass from pg_foreign_server s
  union all
  select 'transforms', t.oid, 'pg_transform'::regclass from pg_transform t
  union all
  select 'large objects', l.oid, 'pg_largeobject_metadata'::regclass from pg_largeobject_metadata l
)
select
  c.what,
  count(*)::text as number
from counted c
left join member m on m.classid = c.class and m.objid = c.oid
where c.oid >= 16384
  and m.objid is null
group by c.what
order by c.what
