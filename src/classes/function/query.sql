-- Functions, window functions included. Bodies are compared without carriage returns: a checkout may add them.
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
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    case p.prokind when 'w' then 'window' end as kind,
    pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_result(p.oid) as returns,
    l.lanname as language,
    replace(p.prosrc, E'\r\n', E'\n') as body,
    p.probin as library,
    case when p.prosqlbody is not null then pg_get_function_sqlbody(p.oid) end as sql_body, -- since 14
    case when p.prosqlbody is not null and cardinality(array_positions(p.proargnames, '')) > 1 then ( -- since 14
      select json_agg(x.part[1]::int order by x.position) -- since 14
      from regexp_matches(p.prosqlbody::text, '{PARAM :paramkind 0 :paramid (\d+) ', 'g') with ordinality x (part, position) -- since 14
    ) end as unnamed_arguments, -- since 14
    p.prosecdef as security_definer,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' when 'v' then 'volatile' end as volatility,
    p.proisstrict as strict,
    p.proleakproof as leakproof,
    case p.proparallel when 's' then 'safe' when 'r' then 'restricted' when 'u' then 'unsafe' end as parallel,
    p.procost as cost,
    p.prorows as rows,
    (select json_build_array(sn.nspname, s.proname) from pg_proc s join pg_namespace sn on sn.oid = s.pronamespace where s.oid = p.prosupport) as support,
    (select json_agg(format_type(x.type, null) order by format_type(x.type, null)) from unnest(p.protrftypes) x (type)) as transforms,
    (select json_agg(s order by s) from unnest(p.proconfig) s) as settings
  ) f) as facts
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
left join pg_depend e
  on e.classid = 'pg_proc'::regclass
  and e.objid = p.oid
  and e.deptype in ('e', 'i') -- member of an extension, constructor of a range type
where p.prokind in ('f', 'w')
  and p.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
