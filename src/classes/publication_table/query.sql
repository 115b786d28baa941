-- Tables of publications, with the columns and rows that are published of them.
-- asked where there are: pg_publication_rel
select
  'pg_publication_rel'::regclass::oid::int8 as class_oid,
  r.oid::int8 as object_oid,
  0 as sub_id,
  'pg_publication'::regclass::oid::int8 as parent_class_oid,
  p.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname), ' in ', json_build_array(p.pubname)) as name,
  json_build_object(
    'table', json_build_array(n.nspname, c.relname)
    , 'columns', ( -- since 15
      select json_agg(a.attname order by a.attname) -- since 15
      from unnest(r.prattrs::int2[]) x (attnum) -- since 15
      join pg_attribute a on a.attrelid = r.prrelid and a.attnum = x.attnum -- since 15
    ) -- since 15
    , 'row_filter', pg_get_expr(r.prqual, r.prrelid) -- since 15
  ) as facts
from pg_publication_rel r
join pg_publication p on p.oid = r.prpubid
join pg_class c on c.oid = r.prrelid
join pg_namespace n on n.oid = c.relnamespace
where r.oid >= 16384
