-- Extended statistics. Columns come before expressions, whatever order they were given in.
-- asked where there are: pg_statistic_ext
select
  'pg_statistic_ext'::regclass::oid::int8 as class_oid,
  s.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, s.stxname)) as name,
  json_build_object(
    'table', json_build_array(tn.nspname, c.relname),
    'kinds', (
      select json_agg(k.name order by k.name)
      from unnest(s.stxkind) x (kind)
      join (values ('d', 'ndistinct'), ('f', 'dependencies'), ('m', 'mcv')) k (kind, name) on k.kind = x.kind::text
    ),
    'columns', (
      select json_agg(a.attname order by a.attname)
      from unnest(s.stxkeys::int2[]) x (attnum)
      join pg_attribute a on a.attrelid = s.stxrelid and a.attnum = x.attnum
    ),
    'expressions', array_to_json(pg_get_statisticsobjdef_expressions(s.oid)), -- since 14
    'target', nullif(s.stxstattarget, -1) -- null itself is the default since 17
  ) as facts
from pg_statistic_ext s
join pg_namespace n on n.oid = s.stxnamespace
join pg_class c on c.oid = s.stxrelid
join pg_namespace tn on tn.oid = c.relnamespace
left join pg_depend e
  on e.classid = 'pg_statistic_ext'::regclass
  and e.objid = s.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where s.oid >= 16384
  and c.relpersistence <> 't'
  and e.objid is null
