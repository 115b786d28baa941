-- Publications. What they publish is objects of its own, but for `all tables`.
-- asked where there are: pg_publication
select
  'pg_publication'::regclass::oid::int8 as class_oid,
  p.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(p.pubname)) as name,
  json_build_object(
    'all_tables', p.puballtables,
    'operations', array_to_json(array_remove(array[
      case when p.pubinsert then 'insert' end,
      case when p.pubupdate then 'update' end,
      case when p.pubdelete then 'delete' end,
      case when p.pubtruncate then 'truncate' end
    ], null)),
    'options', array_to_json(array_remove(array[
      case when p.pubgencols::text = 's' then 'publish_generated_columns=stored' end, -- since 18
      case when p.pubviaroot then 'publish_via_partition_root=true' end
    ], null))
  ) as facts
from pg_publication p
left join pg_depend e
  on e.classid = 'pg_publication'::regclass
  and e.objid = p.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where p.oid >= 16384
  and e.objid is null
