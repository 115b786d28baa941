-- Foreign servers. Most wrappers are an extension's: their servers stand alone.
-- asked where there are: pg_foreign_server
select
  'pg_foreign_server'::regclass::oid::int8 as class_oid,
  s.oid::int8 as object_oid,
  0 as sub_id,
  case when e.objid is null then 'pg_foreign_data_wrapper'::regclass::oid::int8 end as parent_class_oid,
  case when e.objid is null then w.oid::int8 end as parent_object_oid,
  case when e.objid is null then 0 end as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(s.srvname)) as name,
  json_build_object(
    'wrapper', json_build_array(w.fdwname),
    'type', s.srvtype,
    'version', s.srvversion,
    'options', (
      select json_agg(json_build_array(o.option_name, o.option_value) order by o.option_name)
      from pg_options_to_table(s.srvoptions) o
    )
  ) as facts
from pg_foreign_server s
join pg_foreign_data_wrapper w on w.oid = s.srvfdw
left join pg_depend e
  on e.classid = 'pg_foreign_data_wrapper'::regclass
  and e.objid = w.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
left join pg_depend m
  on m.classid = 'pg_foreign_server'::regclass
  and m.objid = s.oid
  and m.deptype = 'e'
where s.oid >= 16384
  and m.objid is null
