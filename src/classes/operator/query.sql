-- Operators. One that is only named as another's commutator or negator so far has no function and is left out.
-- asked where there are: pg_operator where oid >= 16384
select
  'pg_operator'::regclass::oid::int8 as class_oid,
  o.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(
    json_build_array(n.nspname),
    '.' || o.oprname || '(' || case when o.oprleft = 0 then 'NONE' else format_type(o.oprleft, null) end
      || ', ' || case when o.oprright = 0 then 'NONE' else format_type(o.oprright, null) end || ')'
  ) as name,
  json_build_object(
    'function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = o.oprcode),
    'returns', format_type(o.oprresult, null),
    'commutator', (select json_build_array('operator(', json_build_array(rn.nspname), '.' || r.oprname || ')') from pg_operator r join pg_namespace rn on rn.oid = r.oprnamespace where r.oid = o.oprcom),
    'negator', (select json_build_array('operator(', json_build_array(rn.nspname), '.' || r.oprname || ')') from pg_operator r join pg_namespace rn on rn.oid = r.oprnamespace where r.oid = o.oprnegate),
    'restrict', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = o.oprrest),
    'join', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = o.oprjoin),
    'hashes', o.oprcanhash,
    'merges', o.oprcanmerge
  ) as facts
from pg_operator o
join pg_namespace n on n.oid = o.oprnamespace
left join pg_depend e
  on e.classid = 'pg_operator'::regclass
  and e.objid = o.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where o.oid >= 16384
  and o.oprcode <> 0
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
