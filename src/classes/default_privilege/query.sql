-- Default privileges, one row a role, schema, kind and grantee. A row of a schema adds to the
-- built-in default; a row without one replaces it, so that what PUBLIC or the role itself lost must
-- be said there, and what they kept is left out.
with acl as (
  select
    d.oid,
    d.defaclrole,
    d.defaclnamespace,
    d.defaclobjtype,
    x.grantee,
    x.privilege_type,
    x.grantee = d.defaclrole as to_owner,
    bool_or(x.is_grantable) and x.grantee <> d.defaclrole as with_grant_option -- one row a grantor
  from pg_default_acl d,
    aclexplode(d.defaclacl) x
  group by d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, x.grantee, x.privilege_type
  union all
  select d.oid, d.defaclrole, 0, d.defaclobjtype, 0, null, false, false
  from pg_default_acl d
  where d.defaclnamespace = 0
    and d.defaclobjtype in ('f', 'T') -- what PUBLIC may use unless revoked
  union all
  select d.oid, d.defaclrole, 0, d.defaclobjtype, d.defaclrole, null, true, false
  from pg_default_acl d
  where d.defaclnamespace = 0
)
select
  'pg_default_acl'::regclass::oid::int8 as class_oid,
  a.oid::int8 as object_oid,
  0 as sub_id,
  case when n.oid is not null then 'pg_namespace'::regclass::oid::int8 end as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  case when n.oid is not null then 0 end as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(
    json_build_array(pg_get_userbyid(a.defaclrole)),
    case when n.oid is not null then ' in ' else '' end,
    case when n.oid is not null then json_build_array(n.nspname) else '[]'::json end,
    ' on ' || case a.defaclobjtype
      when 'r' then 'tables'
      when 'S' then 'sequences'
      when 'f' then 'functions'
      when 'T' then 'types'
      when 'n' then 'schemas'
      when 'L' then 'large objects'
    end || ' to ' || case when a.to_owner then '(owner)' when a.grantee = 0 then 'PUBLIC' else '' end,
    case when a.to_owner or a.grantee = 0 then '[]'::json else json_build_array(pg_get_userbyid(a.grantee)) end
  ) as name,
  json_build_object('privileges', coalesce(
    json_agg(a.privilege_type || case when a.with_grant_option then ' WITH GRANT OPTION' else '' end order by a.privilege_type)
      filter (where a.privilege_type is not null),
    '[]'
  )) as facts
from acl a
left join pg_namespace n on n.oid = a.defaclnamespace
group by a.oid, a.defaclrole, a.defaclnamespace, a.defaclobjtype, a.grantee, a.to_owner, n.oid, n.nspname
having case
  when a.to_owner then a.defaclnamespace = 0 and count(a.privilege_type) <> (
    select count(*)
    from aclexplode(acldefault(case a.defaclobjtype when 'S' then 's' else a.defaclobjtype end::"char", a.defaclrole)) x
    where x.grantee = a.defaclrole
  )
  -- Functions and types have one privilege each, so that PUBLIC has kept it or lost it.
  when a.grantee = 0 and a.defaclnamespace = 0 and a.defaclobjtype in ('f', 'T') then count(a.privilege_type) = 0
  else true
end
