-- Event triggers. They belong to the database, not to a schema.
-- asked where there are: pg_event_trigger
select
  'pg_event_trigger'::regclass::oid::int8 as class_oid,
  t.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(t.evtname)) as name,
  json_build_object(
    'event', t.evtevent,
    'tags', (select json_agg(x.tag order by x.tag) from unnest(t.evttags) x (tag)),
    'function', json_build_array(n.nspname, p.proname),
    'enabled', case t.evtenabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
  ) as facts
from pg_event_trigger t
join pg_proc p on p.oid = t.evtfoid
join pg_namespace n on n.oid = p.pronamespace
left join pg_depend e
  on e.classid = 'pg_event_trigger'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.oid >= 16384
  and e.objid is null
