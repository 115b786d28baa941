-- What is to be filled and tried, as one JSON document.
-- $1 schemas that the API shows, $2 schemas of the platform, $3 roles of the actors.
with relation as (
  select c.*, n.nspname
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and n.nspname !~ '^(pg_|_pgpact|_stub)' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
), included as (
  select * from relation r
  where nspname <> all ($2)
     or nspname || '.' || relname in ('auth.users', 'storage.buckets', 'storage.objects')
     or exists (select from pg_catalog.pg_constraint f join relation o on o.oid = f.conrelid
                where f.contype = 'f' and f.confrelid = r.oid and o.nspname <> all ($2))
), actor_role as (
  select oid, rolname from pg_catalog.pg_roles where rolname = any ($3)
)
select (pg_catalog.jsonb_build_object(
  'relations', coalesce((
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'oid', r.oid::bigint,
      'schema', r.nspname,
      'name', r.relname,
      'kind', r.relkind,
      'owner', pg_catalog.pg_get_userbyid(r.relowner),
      'secured', r.relrowsecurity,
      'partition', r.relispartition,
      'parent', (select i.inhparent::bigint from pg_catalog.pg_inherits i where i.inhrelid = r.oid and r.relispartition),
      'exposed', r.nspname = any ($1),
      'invoker', coalesce((select o.option_value::boolean from pg_catalog.pg_options_to_table(r.reloptions) o
                           where o.option_name = 'security_invoker'), false),
      'updatable', case when r.relkind = 'v' then pg_catalog.pg_relation_is_updatable(r.oid, true) else 0 end,
      'columns', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', a.attname,
          'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
          'base', b.typname,
          'length', case when b.typname in ('varchar', 'bpchar') and m.typmod > 4 then m.typmod - 4 end,
          'kind', b.typtype,
          'category', b.typcategory,
          'required', a.attnotnull or t.typnotnull,
          'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
          'identity', a.attidentity,
          'generated', a.attgenerated,
          'labels', coalesce((select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
                              from pg_catalog.pg_enum e where e.enumtypid = b.oid), '[]'),
          'checks', coalesce((select pg_catalog.jsonb_agg(pg_catalog.pg_get_constraintdef(k.oid))
                              from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '[]')
        ) order by a.attnum)
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_type t on t.oid = a.atttypid
        cross join lateral (
          with recursive down as (
            select t.oid, t.typtype, t.typbasetype, t.typtypmod, a.atttypmod as typmod
            union all
            select n.oid, n.typtype, n.typbasetype, n.typtypmod, case when down.typmod >= 0 then down.typmod else down.typtypmod end
            from down join pg_catalog.pg_type n on n.oid = down.typbasetype where down.typtype = 'd'
          ) select down.oid, down.typmod from down where down.typtype <> 'd'
        ) m
        join pg_catalog.pg_type b on b.oid = m.oid
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped), '[]'),
      'keys', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', ic.relname,
          'primary', i.indisprimary,
          'columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                      from pg_catalog.unnest(i.indkey::int2[]) with ordinality u (attnum, place)
                      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.attnum
                      where u.place <= i.indnkeyatts))
          order by not i.indisprimary, ic.relname)
        from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = r.oid and i.indisunique
          and exists (select from pg_catalog.unnest(i.indkey::int2[]) k where k > 0)), '[]'),
      'unique', coalesce((
        select pg_catalog.jsonb_agg(distinct a.attname)
        from pg_catalog.pg_index i
        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = r.oid
        join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.refobjsubid
        where i.indrelid = r.oid and i.indisunique), '[]'),
      'references', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', k.conname,
          'columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                      from pg_catalog.unnest(k.conkey) with ordinality u (attnum, place)
                      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
          'target', k.confrelid::bigint,
          'target_columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                      from pg_catalog.unnest(k.confkey) with ordinality u (attnum, place)
                      join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum))
          order by k.conname)
        from pg_catalog.pg_constraint k where k.conrelid = r.oid and k.contype = 'f'), '[]'),
      'checks', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', k.conname,
          'text', pg_catalog.pg_get_constraintdef(k.oid),
          'columns', coalesce((select pg_catalog.jsonb_agg(a.attname)
                      from pg_catalog.pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)), '[]'))
          order by k.conname)
        from pg_catalog.pg_constraint k where k.conrelid = r.oid and k.contype in ('c', 'x')), '[]'),
      'bounds', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.pg_get_expr(p.relpartbound, p.oid) order by p.oid = r.oid desc, p.oid)
        from pg_catalog.pg_class p
        where p.relispartition
          and (p.oid = r.oid or p.oid in (select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = r.oid))), '[]'),
      'partitioned_by', coalesce((
        select pg_catalog.jsonb_agg(a.attname)
        from pg_catalog.pg_partitioned_table p
        join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs::int2[])
        where p.partrelid = r.oid
           or p.partrelid = (select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid = r.oid and r.relispartition)), '[]'),
      'policies', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', p.polname,
          'command', p.polcmd,
          'permissive', p.polpermissive,
          'roles', (select pg_catalog.jsonb_agg(case u when 0 then 'public' else pg_catalog.pg_get_userbyid(u) end)
                    from pg_catalog.unnest(p.polroles) u),
          'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
          'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
          'functions', coalesce((
            select pg_catalog.jsonb_agg(distinct n.nspname || '.' || f.proname)
            from pg_catalog.pg_depend d
            join pg_catalog.pg_proc f on f.oid = d.refobjid
            join pg_catalog.pg_namespace n on n.oid = f.pronamespace
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
              and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
              and n.nspname <> 'pg_catalog' and n.nspname <> all ($2)), '[]'),
          'relations', coalesce((
            select pg_catalog.jsonb_agg(distinct d.refobjid::bigint)
            from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> p.polrelid), '[]'))
          order by p.polname)
        from pg_catalog.pg_policy p where p.polrelid = r.oid), '[]'),
      'triggers', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', t.tgname, 'enabled', t.tgenabled) order by t.tgname)
        from pg_catalog.pg_trigger t where t.tgrelid = r.oid and not t.tgisinternal), '[]'),
      'granted', (
        select pg_catalog.jsonb_object_agg(o.rolname, pg_catalog.jsonb_build_object(
          'select', coalesce((select pg_catalog.jsonb_agg(a.attname) from pg_catalog.pg_attribute a
                     where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                       and pg_catalog.has_column_privilege(o.oid, r.oid, a.attnum, 'select')), '[]'),
          'insert', coalesce((select pg_catalog.jsonb_agg(a.attname) from pg_catalog.pg_attribute a
                     where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                       and pg_catalog.has_column_privilege(o.oid, r.oid, a.attnum, 'insert')), '[]'),
          'update', coalesce((select pg_catalog.jsonb_agg(a.attname) from pg_catalog.pg_attribute a
                     where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                       and pg_catalog.has_column_privilege(o.oid, r.oid, a.attnum, 'update')), '[]'),
          'delete', pg_catalog.has_table_privilege(o.oid, r.oid, 'delete')))
        from actor_role o where r.nspname = any ($1) or r.nspname = 'storage')
    ) order by r.nspname, r.relname)
    from included r), '[]'),
  'functions', coalesce((
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'schema', n.nspname,
      'name', p.proname,
      'inputs', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'name', coalesce(p.proargnames[case when p.proallargtypes is null then u.place else q.place end], ''),
          'type', pg_catalog.format_type(u.type, null),
          'base', t.typname,
          'category', t.typcategory,
          'labels', coalesce((select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
                              from pg_catalog.pg_enum e where e.enumtypid = t.oid), '[]'),
          'variadic', p.provariadic <> 0 and u.place = p.pronargs)
          order by u.place)
        from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality u (type, place)
        join pg_catalog.pg_type t on t.oid = u.type
        left join lateral (
          select modes.place, pg_catalog.row_number() over (order by modes.place) as input
          from pg_catalog.unnest(p.proargmodes) with ordinality modes (mode, place)
          where modes.mode in ('i', 'b', 'v')) q on q.input = u.place), '[]'),
      'definer', p.prosecdef,
      'procedure', p.prokind = 'p',
      'owner', pg_catalog.pg_get_userbyid(p.proowner),
      'body', p.prosrc,
      'exposed', n.nspname = any ($1) and p.prokind in ('f', 'p')
        and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype),
      'callers', coalesce((select pg_catalog.jsonb_agg(o.rolname) from actor_role o
                  where pg_catalog.has_function_privilege(o.oid, p.oid, 'execute')
                    and pg_catalog.has_schema_privilege(o.oid, n.oid, 'usage')), '[]')
    ) order by n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^(pg_|_pgpact|_stub)' and n.nspname <> 'information_schema' and n.nspname <> all ($2)
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')), '[]'),
  'bypassing', coalesce((
    select pg_catalog.jsonb_agg(o.rolname) from pg_catalog.pg_roles o where o.rolbypassrls or o.rolsuper), '[]')
))::text
