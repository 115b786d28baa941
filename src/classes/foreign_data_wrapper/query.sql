-- Foreign data wrappers. Those of extensions are theirs.
-- asked where there are: pg_foreign_data_wrapper
select
  'pg_foreign_data_wrapper'::regclass::oid::int8 as class_oid,
  w.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(w.fdwname)) as name,
  json_build_object(
    'handler', case when h.oid is not null then json_build_array(hn.nspname, h.proname) end,
    'validator', case when v.oid is not null then json_build_array(vn.nspname, v.proname) end,
    'options', (
      select json_agg(json_build_array(o.option_name, o.option_value) order by o.option_name)
      from pg_options_to_table(w.fdwoptions) o
    )
  ) as facts
from pg_foreign_data_wrapper w
left join pg_proc h on h.oid = w.fdwhandler
left join pg_namespace hn on hn.oid = h.pronamespace
left join pg_proc v on v.oid = w.fdwvalidator
left join pg_namespace vn on vn.oid = v.pronamespace
left join pg_depend e
  on e.classid = 'pg_foreign_data_wrapper'::regclass
  and e.objid = w.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where w.oid >= 16384
  and e.objid is null
