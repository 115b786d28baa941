-- Materialized views. Without data every query of one fails.
-- asked where there are: pg_class where relkind = 'm' and oid >= 16384
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
    'definition', pg_get_viewdef(c.oid),
    'populated', c.relispopulated,
    'options', (
      select json_agg(x.option order by x.option)
      from (
        select unnest(c.reloptions)
        union all
        select 'toast.' || unnest(o.reloptions)
      ) x (option)
    ),
    'access_method', case when am.amname <> 'heap' then json_build_array(am.amname) end,
    'tablespace', case when ts.oid is not null then json_build_array(ts.spcname) end,
    'columns', (
      select json_agg(
        quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attcollation <> t.typcollation then ' collate ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) else '' end
        order by a.attnum)
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      left join pg_collation co on co.oid = a.attcollation
      left join pg_namespace cn on cn.oid = co.collnamespace
      where a.attrelid = c.oid
        and a.attnum > 0
    ),
    'column_settings', ( -- as `alter column` says them
      select json_agg(json_build_array(a.attname, s.setting) order by a.attnum, s.setting)
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      cross join lateral (
        select 'set storage ' || case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' when 'm' then 'main' end
        where a.attstorage <> t.typstorage
        union all
        select 'set statistics ' || a.attstattarget
        where a.attstattarget >= 0
        union all -- since 14
        select 'set compression ' || case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end -- since 14
        where a.attcompression <> '' -- since 14
        union all
        select 'set (' || o || ')'
        from unnest(a.attoptions) o
      ) s (setting)
      where a.attrelid = c.oid
        and a.attnum > 0
    )
  ) as facts
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_class o on o.oid = c.reltoastrelid
left join pg_am am on am.oid = c.relam
left join pg_tablespace ts on ts.oid = c.reltablespace
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.relkind = 'm' -- materialized view
  and c.oid >= 16384
  and e.objid is null
