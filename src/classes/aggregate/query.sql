-- Aggregates. Functions are named without their arguments: the aggregate's own say which ones they are.
-- asked where there are: pg_aggregate where aggfnoid >= 16384
select
  'pg_proc'::regclass::oid::int8 as class_oid,
  p.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(
    json_build_array(n.nspname, p.proname),
    '(' || coalesce((
      select string_agg(format_type(x.type, null), ', ' order by x.position)
      from unnest(p.proargtypes) with ordinality x (type, position)
    ), '') || ')'
  ) as name,
  json_build_object(
    'kind', case a.aggkind when 'n' then 'normal' when 'o' then 'ordered-set' when 'h' then 'hypothetical-set' end,
    'arguments', case when p.pronargs = 0 then '*' else pg_get_function_arguments(p.oid) end,
    'returns', pg_get_function_result(p.oid),
    'state_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggtransfn),
    'state_type', format_type(a.aggtranstype, null),
    'state_size', a.aggtransspace,
    'final_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggfinalfn),
    'final_extra', a.aggfinalextra,
    'final_modify', case a.aggfinalmodify when 'r' then 'read_only' when 's' then 'shareable' when 'w' then 'read_write' end,
    'combine_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggcombinefn),
    'serial_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggserialfn),
    'deserial_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggdeserialfn),
    'initial', a.agginitval,
    'moving_state_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggmtransfn),
    'moving_inverse_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggminvtransfn),
    'moving_state_type', case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end,
    'moving_state_size', a.aggmtransspace,
    'moving_final_function', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = a.aggmfinalfn),
    'moving_final_extra', a.aggmfinalextra,
    -- Says nothing where there is no moving state.
    'moving_final_modify', case when a.aggmtranstype <> 0 then case a.aggmfinalmodify when 'r' then 'read_only' when 's' then 'shareable' when 'w' then 'read_write' end end,
    'moving_initial', a.aggminitval,
    'sort_operator', (select json_build_array('operator(', json_build_array(rn.nspname), '.' || r.oprname || ')') from pg_operator r join pg_namespace rn on rn.oid = r.oprnamespace where r.oid = a.aggsortop),
    'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' when 'u' then 'unsafe' end
  ) as facts
from pg_proc p
join pg_aggregate a on a.aggfnoid = p.oid
join pg_namespace n on n.oid = p.pronamespace
left join pg_depend e
  on e.classid = 'pg_proc'::regclass
  and e.objid = p.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where p.oid >= 16384
  and p.prokind = 'a'
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
