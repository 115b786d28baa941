-- Schemas of publications. The catalog came with 15: before, nothing is left of the query but its columns.
select
  to_regclass('pg_publication_namespace')::oid::int8 as class_oid,
  m.oid::int8 as object_oid,
  0 as sub_id,
  'pg_publication'::regclass::oid::int8 as parent_class_oid,
  p.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname), ' in ', json_build_array(p.pubname)) as name,
  '{}' as facts
from (
  select null::oid as oid, null::oid as publication, null::oid as namespace
  where false
  union all -- since 15
  select x.oid, x.pnpubid, x.pnnspid from pg_publication_namespace x -- since 15
) m
join pg_publication p on p.oid = m.publication
join pg_namespace n on n.oid = m.namespace
