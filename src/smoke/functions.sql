-- Functions of the API's schemas, without what extensions brought, and who may execute them.
select
  n.nspname::text,
  p.proname::text,
  coalesce((
    select string_agg(format_type(x.type, null), ', ' order by x.position)
    from unnest(p.proargtypes) with ordinality x (type, position)
  ), ''),
  pg_get_function_arguments(p.oid),
  pg_get_function_result(p.oid),
  o.rolname::text,
  (
    select coalesce(string_agg(r.rolname, ',' order by r.rolname), '')
    from pg_roles r
    where r.rolname = any ({roles})
      and has_function_privilege(r.oid, p.oid, 'execute')
  ),
  (p.provolatile = 'v')::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_roles o on o.oid = p.proowner
where p.prokind in ('f', 'w')
  and n.nspname = any ({schemas})
  and not exists (
    select
    from pg_depend e
    where e.classid = 'pg_proc'::regclass
      and e.objid = p.oid
      and e.deptype in ('e', 'i') -- member of an extension, constructor of a range type
  )
order by n.nspname, p.proname, 3
