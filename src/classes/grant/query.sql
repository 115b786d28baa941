-- Grants, one row a target and grantee. A null ACL means the built-in default, so both are exploded
-- alike. What the owner has by default is left out: it moves with the owner and grows with majors.
-- Columns of views are no objects, so that grants on them belong to the view.
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
    0 as parent_sub_id,
    null::name as view_column,
    case c.relkind when 'S' then 'S' else 'r' end as kind,
    c.relowner as owner,
    coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'S')
    and c.relpersistence <> 't'
  union all
  select
    'pg_class'::regclass,
    a.attrelid,
    a.attnum,
    case when c.relkind in ('r', 'p') then a.attnum else 0 end,
    case when c.relkind not in ('r', 'p') then a.attname end,
    'c',
    c.relowner,
    a.attacl
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  where a.attacl is not null
    and not a.attisdropped
  union all
  select 'pg_proc'::regclass, p.oid, 0, 0, null, 'f', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p
  union all
  select 'pg_type'::regclass, t.oid, 0, 0, null, 'T', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t
  where t.typtype in ('e', 'd', 'c')
  union all
  select 'pg_namespace'::regclass, n.oid, 0, 0, null, 'n', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n
  where n.nspname !~ '^pg_'
),
granted as (
  select
    t.class_oid,
    t.object_oid,
    t.sub_id,
    t.parent_sub_id,
    t.view_column,
    t.kind,
    x.grantee,
    x.grantee = t.owner as to_owner,
    x.privilege_type,
    bool_or(x.is_grantable) and x.grantee <> t.owner as with_grant_option -- one row a grantor
  from target t
  cross join lateral (
    select e.grantee, e.privilege_type, e.is_grantable
    from aclexplode(t.acl) e
    union all
    select t.owner, null, false -- an owner that gave up everything has no entry of its own
  ) x
  where t.object_oid >= 16384 or t.class_oid = 'pg_namespace'::regclass
  group by t.class_oid, t.object_oid, t.sub_id, t.parent_sub_id, t.view_column, t.kind, x.grantee, t.owner, x.privilege_type
)
select
  g.class_oid::oid::int8 as class_oid,
  g.object_oid::int8 as object_oid,
  g.sub_id::int4 as sub_id,
  g.class_oid::oid::int8 as parent_class_oid,
  g.object_oid::int8 as parent_object_oid,
  g.parent_sub_id::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(
    case when g.view_column is not null then '.' else '' end,
    case when g.view_column is not null then json_build_array(g.view_column) else '[]'::json end,
    ' to ' || case when g.to_owner then '(owner)' when g.grantee = 0 then 'PUBLIC' else '' end,
    case when g.to_owner or g.grantee = 0 then '[]'::json else json_build_array(pg_get_userbyid(g.grantee)) end
  ) as name,
  json_build_object('privileges', coalesce(
    json_agg(g.privilege_type || case when g.with_grant_option then ' WITH GRANT OPTION' else '' end order by g.privilege_type)
      filter (where g.privilege_type is not null),
    '[]'
  )) as facts
from granted g
left join owner_default d on d.kind = g.kind
group by g.class_oid, g.object_oid, g.sub_id, g.parent_sub_id, g.view_column, g.grantee, g.to_owner
having not g.to_owner
  or count(g.privilege_type) <> max(d.privilege_count) -- null for columns: the owner needs no grant on them
