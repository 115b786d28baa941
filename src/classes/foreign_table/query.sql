-- Foreign tables. Their columns, defaults, checks and triggers are objects of their own, as those of tables are.
-- asked where there are: pg_foreign_table
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  json_build_object(
    'server', json_build_array(s.srvname),
    'options', (
      select json_agg(json_build_array(o.option_name, o.option_value) order by o.option_name)
      from pg_options_to_table(f.ftoptions) o
    ),
    'partition_bound', case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end,
    'inherits', (
      select json_agg(json_build_array(pn.nspname, p.relname) order by i.inhseqno)
      from pg_inherits i
      join pg_class p on p.oid = i.inhparent
      join pg_namespace pn on pn.oid = p.relnamespace
      where i.inhrelid = c.oid
    ),
    'column_order', (
      select json_agg(a.attname order by a.attnum)
      from pg_attribute a
      where a.attrelid = c.oid
        and a.attnum > 0
        and not a.attisdropped
        and (a.attinhcount = 0 or c.relispartition) -- a restored child has inherited columns first
    )
  ) as facts
from pg_foreign_table f
join pg_class c on c.oid = f.ftrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_foreign_server s on s.oid = f.ftserver
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and e.objid is null
