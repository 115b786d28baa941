-- Columns of tables, foreign ones included, inherited ones too: a partition may override default and not null.
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  a.attnum::int4 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, a.attname)) as name,
  -- Most have nothing else to say, and a fact that is not there is null.
  case
    when rare is null then row_to_json(usual)
    else (select row_to_json(f) from (select usual.*, rare.*) f)
  end as facts
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
join pg_type t on t.oid = a.atttypid
left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum] -- since 18
left join (select distinct i.inhrelid from pg_inherits i) i on i.inhrelid = c.oid and not c.relispartition -- a partition's columns are its parent's
cross join lateral (
  select
    format_type(a.atttypid, a.atttypmod) as type,
    a.attnotnull as not_null
) usual
cross join lateral (
  select
    nullif(k.conname::text, c.relname || '_' || a.attname || '_not_null') as not_null_name, -- since 18
    case when not k.convalidated then false end as not_null_validated, -- since 18
    nullif(k.connoinherit, false) as not_null_no_inherit, -- since 18
    case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
    case when a.attgenerated <> '' then (
      select pg_get_expr(d.adbin, d.adrelid) || case a.attgenerated when 's' then ' stored' when 'v' then ' virtual' end
      from pg_attrdef d -- holds generation expressions too
      where d.adrelid = a.attrelid
        and d.adnum = a.attnum
    ) end as generated,
    case when a.attcollation <> t.typcollation then (
      select json_build_array(n.nspname, o.collname)
      from pg_collation o
      join pg_namespace n on n.oid = o.collnamespace
      where o.oid = a.attcollation
    ) end as collation,
    case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression, -- since 14
    case when a.attstorage <> t.typstorage then
      case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' when 'm' then 'main' end
    end as storage,
    nullif(a.attstattarget, -1) as statistics, -- null itself is the default since 17
    case when a.attoptions is not null then (select json_agg(o order by o) from unnest(a.attoptions) o) end as options,
    case when a.attfdwoptions is not null then (
      select json_agg(json_build_array(o.option_name, o.option_value) order by o.option_name)
      from pg_options_to_table(a.attfdwoptions) o
    ) end as foreign_options,
    case when i.inhrelid is not null then a.attislocal end as local
) rare
where c.relkind in ('r', 'p', 'f')
  and c.relpersistence <> 't'
  and c.oid >= 16384
  and a.attnum > 0
  and not a.attisdropped
