-- Owners of what has one. A sequence that belongs to a column has its table's owner always.
-- Whether `public` is the server's, the database owner's or belongs to whoever is the latter differs by major
-- and by how the database came about; only another owner is somebody's choice.
select
  o.class_oid::oid::int8 as class_oid,
  o.object_oid::int8 as object_oid,
  0 as sub_id,
  o.class_oid::oid::int8 as parent_class_oid,
  o.object_oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  null::name as schema_name,
  '[]' as name,
  json_build_object('owner', case
    when o.is_public and o.owner in (10, d.datdba) then 'pg_database_owner' -- 10 is the bootstrap superuser
    else pg_get_userbyid(o.owner)
  end) as facts
from (
  select 'pg_class'::regclass as class_oid, c.oid as object_oid, c.relowner as owner, false as is_public
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    or c.relkind = 'S'
    and not exists (
      select
      from pg_depend d
      where d.classid = 'pg_class'::regclass
        and d.objid = c.oid
        and d.deptype in ('a', 'i')
    )
  union all
  select 'pg_proc'::regclass, p.oid, p.proowner, false
  from pg_proc p
  union all
  select 'pg_type'::regclass, t.oid, t.typowner, false
  from pg_type t
  where t.typtype in ('e', 'd', 'c', 'r', 'b', 'p')
    -- Row types of tables and arrays are no objects of their own.
    and (t.typelem = 0 or t.oid is distinct from (select e.typarray from pg_type e where e.oid = t.typelem))
    and (t.typrelid = 0 or (select c.relkind from pg_class c where c.oid = t.typrelid) = 'c')
  union all
  select 'pg_collation'::regclass, c.oid, c.collowner, false
  from pg_collation c
  union all
  select 'pg_conversion'::regclass, c.oid, c.conowner, false
  from pg_conversion c
  union all
  select 'pg_operator'::regclass, o.oid, o.oprowner, false
  from pg_operator o
  union all
  select 'pg_opfamily'::regclass, f.oid, f.opfowner, false
  from pg_opfamily f
  union all
  select 'pg_opclass'::regclass, c.oid, c.opcowner, false
  from pg_opclass c
  union all
  select 'pg_ts_config'::regclass, c.oid, c.cfgowner, false
  from pg_ts_config c
  union all
  select 'pg_ts_dict'::regclass, d.oid, d.dictowner, false
  from pg_ts_dict d
  union all
  select 'pg_language'::regclass, l.oid, l.lanowner, false
  from pg_language l
  union all
  -- The class leaves them out where there are many, see there.
  select 'pg_largeobject'::regclass, l.oid, l.lomowner, false
  from (select * from pg_largeobject_metadata limit 1001) l
  union all
  select 'pg_statistic_ext'::regclass, s.oid, s.stxowner, false
  from pg_statistic_ext s
  union all
  select 'pg_foreign_data_wrapper'::regclass, w.oid, w.fdwowner, false
  from pg_foreign_data_wrapper w
  union all
  select 'pg_foreign_server'::regclass, s.oid, s.srvowner, false
  from pg_foreign_server s
  union all
  select 'pg_event_trigger'::regclass, t.oid, t.evtowner, false
  from pg_event_trigger t
  union all
  select 'pg_publication'::regclass, p.oid, p.pubowner, false
  from pg_publication p
  union all -- since 14
  select 'pg_subscription'::regclass, s.oid, s.subowner, false -- since 14
  from pg_subscription s -- since 14
  union all
  select 'pg_namespace'::regclass, n.oid, n.nspowner, n.nspname = 'public'
  from pg_namespace n
) o
join pg_database d on d.datname = current_database()
where o.object_oid >= 16384
  -- Large objects have the number that somebody gave them.
  or o.class_oid = 'pg_largeobject'::regclass
  or o.is_public
