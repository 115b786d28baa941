-- Grants, one row a target and grantee. A null ACL means the built-in default, so both are exploded
-- alike. What the owner has by default is left out: it moves with the owner and grows with majors.
with owner_default as (
  select k.kind, count(*) as privilege_count
  from (values ('r'), ('S'), ('f'), ('n'), ('T')) k (kind),
    aclexplode(acldefault(case k.kind when 'S' then 's' else k.kind end::"char", 10)) x
  where x.grantee = 10 -- the bootstrap superuser stands for any owner
  group by k.kind
),
target as (
  select
    'pg_class'::regclass as class_oid,
    c.oid as object_oid,
    0 as sub_id,
    case c.relkind when 'S' then 'S' else 'r' end as kind,
    c.relowner as owner,
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'S')
    and c.relpersistence <> 't'
  union all
  select 'pg_class'::regclass, a.attrelid, a.attnum, 'c', 0, a.attacl
  from pg_attribute a
  where a.attacl is not null
    and not a.attisdropped
  union all
  select 'pg_proc'::regclass, p.oid, 0, 'f', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p
  union all
  select 'pg_type'::regclass, t.oid, 0, 'T', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t
  where t.typtype in ('e', 'd', 'c')
  union all
  select 'pg_namespace'::regclass, n.oid, 0, 'n', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n
  where n.nspname !~ '^pg_'
),
granted as (
  select
    t.class_oid,
    t.object_oid,
    t.sub_id,
    t.kind,
    x.grantee,
    x.grantee = t.owner as to_owner,
    x.privilege_type,
    bool_or(x.is_grantable) and x.grantee <> t.owner as with_grant_option -- one row a grantor
  from target t,
    aclexplode(t.acl) x
  where t.object_oid >= 16384 or t.class_oid = 'pg_namespace'::regclass
  group by t.class_oid, t.object_oid, t.sub_id, t.kind, x.grantee, t.owner, x.privilege_type
)
select
  g.class_oid::oid::int8 as class_oid,
  g.object_oid::int8 as object_oid,
  g.sub_id::int4 as sub_id,
  g.class_oid::oid::int8 as parent_class_oid,
  g.object_oid::int8 as parent_object_oid,
  g.sub_id::int4 as parent_sub_id,
  null::name as schema_name,
  case
    when g.to_owner then '[" to (owner)"]'::json
    when g.grantee = 0 then '[" to PUBLIC"]'::json
    else json_build_array(' to ', json_build_array(pg_get_userbyid(g.grantee)))
  end as name,
  json_build_object('privileges', json_agg(
    g.privilege_type || case when g.with_grant_option then ' WITH GRANT OPTION' else '' end
    order by g.privilege_type
  )) as facts
from granted g
left join owner_default d on d.kind = g.kind
group by g.class_oid, g.object_oid, g.sub_id, g.grantee, g.to_owner
having not (g.to_owner and count(*) = max(d.privilege_count))
