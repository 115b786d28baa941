-- Grants, one row a target and grantee. A null ACL means the built-in default, so both are exploded
-- alike. What the owner has by default is left out: it moves with the owner and grows with majors.
-- Columns of views are no objects, so that grants on them belong to the view. Nor are the server's languages and
-- parameters, nor the database, which has another name on each side: their grants stand alone, and what PUBLIC lost on
-- a language is said where it lost it. Of the server's own objects what differs from initdb's grants is said.
with owner_default as (
  select k.kind, count(*) as privilege_count
  from (values ('r'), ('S'), ('f'), ('n'), ('T'), ('l'), ('L'), ('F'), ('V')) k (kind),
    aclexplode(acldefault(case k.kind when 'S' then 's' when 'V' then 'S' else k.kind end::"char", 10)) x
  where x.grantee = 10 -- the bootstrap superuser stands for any owner
  group by k.kind
),
-- Looked for once among all columns.
granted_column as materialized (
  select a.attrelid, a.attnum, a.attname, a.attacl, a.attisdropped
  from pg_attribute a
  where a.attacl is not null
),
target as (
  select
    'pg_class'::regclass as class_oid,
    c.oid as object_oid,
    0 as sub_id,
    0 as parent_sub_id,
    null::name as view_column,
    null::text as alone,
    case c.relkind when 'S' then 'S' else 'r' end as kind,
    c.relowner as owner,
    c.relacl as acl
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and c.relpersistence <> 't'
    and c.relacl is not null -- else the owner alone has them
    and c.oid >= 16384
  union all
  select
    'pg_class'::regclass,
    a.attrelid,
    a.attnum,
    case when c.relkind in ('r', 'p', 'f') then a.attnum else 0 end,
    case when c.relkind not in ('r', 'p', 'f') then a.attname end,
    null,
    'c',
    c.relowner,
    a.attacl
  from granted_column a
  join pg_class c on c.oid = a.attrelid
  where not a.attisdropped
    and a.attrelid >= 16384
  union all
  select 'pg_proc'::regclass, p.oid, 0, 0, null, null, 'f', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p
  where p.oid >= 16384
  union all
  select 'pg_type'::regclass, t.oid, 0, 0, null, null, 'T', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t
  where t.typtype in ('e', 'd', 'c', 'r', 'b')
    and t.oid >= 16384
    -- Row types of tables and arrays are no objects of their own.
    and (t.typelem = 0 or t.oid is distinct from (select e.typarray from pg_type e where e.oid = t.typelem))
    and (t.typrelid = 0 or (select c.relkind from pg_class c where c.oid = t.typrelid) = 'c')
  union all
  select 'pg_namespace'::regclass, n.oid, 0, 0, null, null, 'n', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n
  where n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
  union all
  select
    'pg_language'::regclass,
    l.oid,
    0,
    0,
    null,
    case when l.oid < 16384 then 'language ' || quote_ident(l.lanname) end,
    'l',
    l.lanowner,
    coalesce(l.lanacl, acldefault('l', l.lanowner))
  from pg_language l
  where l.lanpltrusted -- else only superusers may use it, whatever is granted
    and (l.oid >= 16384 or l.lanacl is not null)
  union all
  select 'pg_largeobject'::regclass, l.oid, 0, 0, null, null, 'L', l.lomowner, coalesce(l.lomacl, acldefault('L', l.lomowner))
  from (select * from pg_largeobject_metadata limit 1001) l
  union all
  select 'pg_database'::regclass, d.oid, 0, 0, null, 'database (current)', 'd', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))
  from pg_database d
  where d.datname = current_database()
  union all
  select 'pg_foreign_data_wrapper'::regclass, w.oid, 0, 0, null, null, 'F', w.fdwowner, coalesce(w.fdwacl, acldefault('F', w.fdwowner))
  from pg_foreign_data_wrapper w
  union all
  select 'pg_foreign_server'::regclass, s.oid, 0, 0, null, null, 'V', s.srvowner, coalesce(s.srvacl, acldefault('S', s.srvowner))
  from pg_foreign_server s
  union all
  select
    'pg_tablespace'::regclass,
    t.oid,
    0,
    0,
    null,
    'tablespace ' || quote_ident(t.spcname),
    't',
    t.spcowner,
    coalesce(t.spcacl, acldefault('t', t.spcowner))
  from pg_tablespace t
  union all -- since 15
  select 'pg_parameter_acl'::regclass, p.oid, 0, 0, null, 'parameter ' || p.parname, 'p', 10, p.paracl -- since 15
  from pg_parameter_acl p -- since 15
),
-- Most objects share what is granted with others, so each list is looked at once.
list as (
  select row_number() over () as number, t.*
  from (select distinct acl, owner, kind, coalesce(alone, '') as alone from target) t
),
granted as (
  select
    l.number,
    l.owner,
    l.kind,
    l.alone,
    x.grantee,
    x.privilege_type,
    bool_or(x.is_grantable) and x.grantee <> l.owner as with_grant_option -- one row a grantor
  from list l
  cross join lateral (
    select e.grantee, e.privilege_type, e.is_grantable
    from aclexplode(l.acl) e
    -- A replay needs this one, and so do restores: whoever owns a database may have it without a word.
    where l.alone <> 'parameter session_replication_role'
      or e.grantee not in (select d.datdba from pg_database d)
    union all
    select l.owner, null, false -- an owner that gave up everything has no entry of its own
    union all
    select 0, null, false
    where l.kind = 'l' and l.alone <> '' -- nor has PUBLIC
  ) x
  group by l.number, l.owner, l.kind, l.alone, x.grantee, x.privilege_type
),
-- Who granted what, where that was not the owner alone: only whoever granted can revoke.
by_grantor as (
  select x.number, x.grantee, json_object_agg(x.grantor, x.privileges order by x.grantor) as grantors
  from (
    select
      l.number,
      e.grantee,
      case when e.grantor = l.owner then '(owner)' else pg_get_userbyid(e.grantor) end as grantor,
      json_agg(e.privilege_type || case when e.is_grantable then ' WITH GRANT OPTION' else '' end order by e.privilege_type) as privileges
    from (
      select *
      from list
      where alone = ''
        and exists (select from aclexplode(acl) o where o.grantor <> owner)
      offset 0 -- looked at once for each list, not for each grant
    ) l
    cross join lateral aclexplode(l.acl) e
    where e.grantee <> l.owner
      and exists (select from aclexplode(l.acl) o where o.grantee = e.grantee and o.grantor <> l.owner)
    group by l.number, l.owner, e.grantee, e.grantor
  ) x
  group by x.number, x.grantee
),
holder as materialized (
  select
    g.number,
    g.alone || ' to ' || case when g.grantee = g.owner then '(owner)' when g.grantee = 0 then 'PUBLIC' else '' end as whom,
    case when g.grantee in (g.owner, 0) then '[]'::json else json_build_array(pg_get_userbyid(g.grantee)) end as role,
    json_build_object(
      'privileges', coalesce(
        json_agg(g.privilege_type || case when g.with_grant_option then ' WITH GRANT OPTION' else '' end order by g.privilege_type)
          filter (where g.privilege_type is not null),
        '[]'
      ),
      'grantors', min(b.grantors::text)::json
    ) as facts
  from granted g
  left join by_grantor b
    on b.number = g.number
    and b.grantee = g.grantee
  left join owner_default d on d.kind = g.kind
  group by g.number, g.owner, g.kind, g.alone, g.grantee
  having case
    when g.alone <> '' and g.kind = 'l' and g.grantee = 0 then count(g.privilege_type) = 0
    when g.alone <> '' then g.grantee <> g.owner
    else g.grantee <> g.owner or count(g.privilege_type) <> max(d.privilege_count) -- null for columns: the owner needs no grant on them
  end
),
-- The server's own objects and those of extensions, where somebody changed what initdb or the extension granted:
-- `grant select on pg_authid`.
member as (
  select d.classid, d.objid, d.refobjid as extension
  from pg_depend d
  where d.deptype = 'e'
    and d.refclassid = 'pg_extension'::regclass
),
meddled as (
  select o.*, i.initprivs, e.extension
  from (
    select 'pg_class'::regclass as class_oid, c.oid as object_oid, 0 as sub_id, 'table' as word, c.relnamespace as schema,
      quote_ident(c.relname) as name, c.relowner as owner, c.relacl as acl, case c.relkind when 'S' then 's' else 'r' end as kind
    from pg_class c
    where c.relacl is not null
      or c.oid < 16384
    union all
    select 'pg_class'::regclass, c.oid, a.attnum, 'table', c.relnamespace,
      quote_ident(c.relname) || ' (' || quote_ident(a.attname) || ')', c.relowner, a.attacl, 'c'
    from granted_column a
    join pg_class c on c.oid = a.attrelid
    union all
    select 'pg_proc'::regclass, p.oid, 0, 'routine', p.pronamespace, null, p.proowner, p.proacl, 'f'
    from pg_proc p
    union all
    select 'pg_type'::regclass, t.oid, 0, 'type', t.typnamespace, quote_ident(t.typname), t.typowner, t.typacl, 'T'
    from pg_type t
    union all
    select 'pg_namespace'::regclass, n.oid, 0, 'schema', n.oid, null, n.nspowner, n.nspacl, 'n'
    from pg_namespace n
    where n.nspname in ('pg_catalog', 'information_schema')
      or n.oid >= 16384
    union all
    select 'pg_foreign_data_wrapper'::regclass, w.oid, 0, 'foreign data wrapper', null, quote_ident(w.fdwname), w.fdwowner, w.fdwacl, 'F'
    from pg_foreign_data_wrapper w
  ) o
  left join pg_init_privs i on i.classoid = o.class_oid and i.objoid = o.object_oid and i.objsubid = o.sub_id
  left join member e on e.classid = o.class_oid and e.objid = o.object_oid and o.object_oid >= 16384
  where o.acl is distinct from i.initprivs
    and (
      e.extension is not null
      -- Of some views of information_schema initdb notes no first grants; they show everybody what is theirs alone.
      or o.object_oid < 16384 and (o.schema = 'pg_catalog'::regnamespace or o.word = 'schema')
    )
),
change as (
  select m.class_oid, m.object_oid, m.sub_id, x.grantee, x.privilege, min(x.side) as side
  from meddled m
  cross join lateral (
    select e.grantee, e.privilege_type || case when e.is_grantable then ' WITH GRANT OPTION' else '' end as privilege, 'now' as side
    from aclexplode(coalesce(m.acl, acldefault(m.kind::"char", m.owner))) e
    -- What default privileges gave the extension's object when it was made is no extension's, and nobody's word about it.
    where m.extension is null
      or not exists (
        select
        from pg_default_acl d, aclexplode(d.defaclacl) x
        where d.defaclrole = m.owner
          and d.defaclnamespace in (0, m.schema)
          and d.defaclobjtype = case m.kind when 's' then 'S' else m.kind end::"char"
          and x.grantee = e.grantee
          and x.privilege_type = e.privilege_type
          and e.grantee <> 0
      )
    union
    select e.grantee, e.privilege_type || case when e.is_grantable then ' WITH GRANT OPTION' else '' end, 'initially'
    from aclexplode(coalesce(m.initprivs, acldefault(m.kind::"char", m.owner))) e
  ) x
  where x.grantee <> m.owner
  group by m.class_oid, m.object_oid, m.sub_id, x.grantee, x.privilege
  having count(*) = 1
)
select
  m.class_oid::oid::int8 as class_oid,
  m.object_oid::int8 as object_oid,
  m.sub_id::int4 as sub_id,
  case when m.extension is not null then 'pg_extension'::regclass end::oid::int8 as parent_class_oid,
  m.extension::int8 as parent_object_oid,
  case when m.extension is not null then 0 end::int4 as parent_sub_id,
  case when m.extension is not null then (select n.nspname from pg_namespace n where n.oid = m.schema) end as schema_name,
  json_build_array(
    case when m.extension is not null then ' ' else '' end || m.word || case when m.schema is null then ' ' || m.name else ' ' || m.schema::regnamespace end,
    case
      when m.schema is null then ''
      when m.word = 'routine' then (
        select '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
        from pg_proc p
        where p.oid = m.object_oid
      )
      else coalesce('.' || m.name, '')
    end,
    ' to ' || case when c.grantee = 0 then 'PUBLIC' else '' end,
    case when c.grantee = 0 then '[]'::json else json_build_array(pg_get_userbyid(c.grantee)) end
  ) as name,
  json_build_object(
    'privileges', json_agg(case c.side when 'now' then '' else 'NO ' end || c.privilege order by c.side, c.privilege)
  ) as facts
from meddled m
join change c on c.class_oid = m.class_oid and c.object_oid = m.object_oid and c.sub_id = m.sub_id
group by m.class_oid, m.object_oid, m.sub_id, m.word, m.schema, m.name, m.extension, c.grantee
union all
select
  t.class_oid::oid::int8 as class_oid,
  t.object_oid::int8 as object_oid,
  t.sub_id::int4 as sub_id,
  case when t.alone is null then t.class_oid end::oid::int8 as parent_class_oid,
  case when t.alone is null then t.object_oid end::int8 as parent_object_oid,
  case when t.alone is null then t.parent_sub_id end::int4 as parent_sub_id,
  null::name as schema_name,
  case
    when t.view_column is null then json_build_array('', '[]'::json, h.whom, h.role)
    else json_build_array('.', json_build_array(t.view_column), h.whom, h.role)
  end as name,
  h.facts
from target t
join list l
  on l.acl = t.acl
  and l.owner = t.owner
  and l.kind = t.kind
  and l.alone = coalesce(t.alone, '')
join holder h on h.number = l.number
