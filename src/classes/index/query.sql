-- Indexes that are no constraint's. An index attached to a partitioned one is made by it.
-- Keys are read from columns; only expressions are deparsed. The backing index of a key or an
-- exclusion is found by contype: a foreign key names the index it refers to as well.
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  t.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    json_build_array(tn.nspname, t.relname) as table,
    i.indisunique as unique,
    m.amname as method,
    (
      select json_agg(
        concat_ws(' ',
          coalesce(quote_ident(a.attname), pg_get_indexdef(i.indexrelid, x.position::int4, false)),
          -- What an expression gives has its type's collation unless told otherwise; a key that is stored as something else has none.
          case when i.indcollation[x.position - 1] <> 0 and i.indcollation[x.position - 1] <> coalesce(a.attcollation, (select nullif(it.typcollation, 0) from pg_type it where it.oid = ia.atttypid), 'pg_catalog.default'::regcollation)
            then 'collate ' || (select quote_ident(cn.nspname) || '.' || quote_ident(co.collname) from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace where co.oid = i.indcollation[x.position - 1]) end,
          case when not o.opcdefault or ia.attoptions is not null then (select case when opn.nspname = 'pg_catalog' then '' else quote_ident(opn.nspname) || '.' end from pg_namespace opn where opn.oid = o.opcnamespace) || quote_ident(o.opcname) end,
          '(' || array_to_string(ia.attoptions, ', ') || ')',
          case when i.indoption[x.position - 1] & 1 = 1 then 'desc' end,
          case when i.indoption[x.position - 1] & 3 = 2 then 'nulls first' when i.indoption[x.position - 1] & 3 = 1 then 'nulls last' end
        ) order by x.position)
      from unnest(i.indkey::int2[]) with ordinality x (attnum, position)
      -- `offset 0` has each looked up by its number, where the planner would read all columns of the table.
      left join lateral (select * from pg_attribute a where a.attrelid = i.indrelid and a.attnum = x.attnum and x.attnum <> 0 offset 0) a on true
      left join lateral (select * from pg_attribute a where a.attrelid = i.indexrelid and a.attnum = x.position offset 0) ia on true
      join pg_opclass o on o.oid = i.indclass[x.position - 1]
      where x.position <= i.indnkeyatts
    ) as keys,
    case when i.indnatts > i.indnkeyatts then (
      select json_agg(a.attname order by x.position)
      from unnest(i.indkey::int2[]) with ordinality x (attnum, position)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = x.attnum
      where x.position > i.indnkeyatts
    ) end as include,
    pg_get_expr(i.indpred, i.indrelid) as predicate,
    nullif(i.indnullsnotdistinct, false) as nulls_not_distinct, -- since 15
    i.indisvalid as valid, -- of a partitioned table: every partition has its part
    nullif(i.indisclustered, false) as clustered,
    case when c.reloptions is not null then (select json_agg(o order by o) from unnest(c.reloptions) o) end as options,
    nullif(i.indisready, true) as ready, -- one that is not gets no new rows
    case when ts.oid is not null then json_build_array(ts.spcname) end as tablespace,
    case when i.indexprs is not null then ( -- of expressions; those of columns are the columns'
      select json_agg(a.attnum || ' ' || a.attstattarget order by a.attnum)
      from pg_attribute a
      where a.attrelid = i.indexrelid
        and a.attstattarget >= 0
    ) end as statistics,
    case when c.relkind = 'I' then (
      select json_agg(json_build_array(json_build_array(xn.nspname, xc.relname), array_to_json(s.settings)) order by xn.nspname, xc.relname)
      from pg_partition_tree(c.oid) p
      join pg_class xc on xc.oid = p.relid
      join pg_namespace xn on xn.oid = xc.relnamespace
      join pg_index x on x.indexrelid = xc.oid
      left join pg_tablespace xt on xt.oid = xc.reltablespace
      cross join lateral (
        select
          case when xc.reloptions is distinct from c.reloptions then coalesce(xc.reloptions, array['no options']) else '{}' end
          || case when xc.reltablespace <> c.reltablespace then array['tablespace ' || coalesce(quote_ident(xt.spcname), 'pg_default')] else '{}' end
          || case when xc.relkind = 'i' and not (x.indisvalid and x.indisready) then array['invalid'] else '{}' end as settings
      ) s
      where p.level > 0
        and (xc.reloptions is distinct from c.reloptions or s.settings <> '{}')
    ) end as parts,
    case when c.relkind = 'I' then ( -- those that Postgres would choose itself say nothing
      select json_agg(json_build_array(json_build_array(xtn.nspname, xt.relname), json_build_array(xc.relname)) order by xtn.nspname, xt.relname)
      from pg_partition_tree(c.oid) p
      join pg_class xc on xc.oid = p.relid
      join pg_index x on x.indexrelid = xc.oid
      join pg_class xt on xt.oid = x.indrelid
      join pg_namespace xtn on xtn.oid = xt.relnamespace
      cross join lateral (
        select concat_ws('_', xt.relname, (select string_agg(a.attname, '_' order by a.attnum) from pg_attribute a where a.attrelid = xc.oid), 'idx') as name
      ) u
      where p.level > 0
        and case when octet_length(u.name) < 60
          then left(xc.relname, length(u.name)) <> u.name or substr(xc.relname, length(u.name) + 1) !~ '^[0-9]*$'
          else xc.relname !~ '_idx[0-9]*$'
        end
    ) end as part_names
  ) f) as facts
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_am m on m.oid = c.relam
left join pg_tablespace ts on ts.oid = c.reltablespace
join pg_class t on t.oid = i.indrelid
join pg_namespace tn on tn.oid = t.relnamespace
left join pg_constraint k
  on k.conindid = i.indexrelid
  and k.contype in ('p', 'u', 'x')
where t.relkind in ('r', 'p', 'm')
  and t.relpersistence <> 't'
  and c.oid >= 16384
  and not c.relispartition
  and k.conindid is null -- read as an anti join, which a column that is not joined by is not
