-- Row-level security policies, from the catalog: the view pg_policies deparses under the session's path.
select
  'pg_policy'::regclass::oid::int8 as class_oid,
  p.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, p.polname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    p.polpermissive as permissive,
    case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end as command,
    (
      select json_agg(case when x.role = 0 then 'PUBLIC' else pg_get_userbyid(x.role) end order by x.role <> 0, pg_get_userbyid(x.role))
      from unnest(p.polroles) x (role)
    ) as roles,
    pg_get_expr(p.polqual, p.polrelid) as using,
    pg_get_expr(p.polwithcheck, p.polrelid) as check
  ) f) as facts
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't'
