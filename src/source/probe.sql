-- What the replay has to know about a live database: which platform it is, who owns what is in it,
-- and whether new objects in public are open to the API roles.
select
  'is_supabase' as fact,
  (to_regnamespace('auth') is not null
    and exists (select from pg_roles where rolname = 'authenticated')
    and exists (select from pg_roles where rolname = 'service_role'))::text as answer
union all
select
  'exposes_new_objects',
  exists (
    select
    from pg_default_acl d
    cross join aclexplode(d.defaclacl) x
    where d.defaclnamespace = to_regnamespace('public')
      and d.defaclobjtype = 'r'
      and pg_get_userbyid(d.defaclrole) = 'postgres'
      and pg_get_userbyid(x.grantee) = 'anon'
      and x.privilege_type = 'SELECT'
  )::text
union all
select
  'owner',
  coalesce(
    (
      select pg_get_userbyid(c.relowner)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_depend e on e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
      where c.oid >= 16384
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
        and n.nspname !~ '^pg_'
        and e.objid is null
      group by c.relowner
      order by count(*) desc, c.relowner
      limit 1
    ),
    (select pg_get_userbyid(d.datdba) from pg_database d where d.datname = current_database())
  )::text
