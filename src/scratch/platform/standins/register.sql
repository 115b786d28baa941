-- Stand-ins for extensions that this server does not have, and the one way to ask for any extension.
--
-- A stand-in is a row in pg_extension plus ordinary objects that belong to it, so `create extension if not exists` is a
-- no-op afterwards, `drop extension` works, and whoever filters extension members by pg_depend sees what production shows.
--
-- All of this runs as the superuser on names a migration chose. Hence: no function here is security definer, every name is
-- qualified, every function has its own search_path, and schema names that could end a quotation are refused.
create schema _stub;
revoke all on schema _stub from public;

-- The role the migrations run as: it owns the database.
create function _stub.owner() returns regrole
language sql stable set search_path = pg_catalog as $$
  select d.datdba::regrole from pg_database d where d.datname = current_database()
$$;

-- Extensions whose home is fixed, wherever `create extension` says.
create function _stub.home(ext text) returns text
language sql immutable set search_path = pg_catalog as $$
  select home from (values
    ('pg_cron', 'pg_catalog'), ('pgmq', 'pgmq'), ('supabase_vault', 'vault'), ('pg_graphql', 'graphql'),
    ('pgsodium', 'pgsodium'), ('pg_tle', 'pgtle'), ('plpgsql', 'pg_catalog')
  ) as h(name, home) where h.name = ext
$$;

-- Extensions that are stood in for even where the server has them. A replay must have no effect outside the scratch: these
-- call other hosts, run jobs later, or need a library that was loaded at start. Foreign data wrappers too: without a handler,
-- servers, mappings and foreign tables can be made as usual, and nothing is ever fetched.
create function _stub.never_real(ext text) returns boolean
language sql immutable set search_path = pg_catalog as $$
  select ext like '%\_fdw' or ext in (
    'pg_cron', 'pg_net', 'http', 'wrappers', 'supabase_vault', 'pgsodium', 'pg_tle', 'pg_graphql', 'adminpack')
$$;

-- Runs a script in which @schema@ stands for the schema and @owner@ for the migration role. A script is many statements, each
-- analysed when its turn comes, so a type can be used right after it was made.
create function _stub.run(script text, sch text) returns void
language plpgsql set search_path = pg_catalog set check_function_bodies = on set client_min_messages = warning as $$
begin
  -- Scripts carry the name inside quoted function bodies; a name with a quote or a dollar sign could end them.
  if sch !~ '^[[:alnum:]_ -]+$' then
    raise exception 'no stand-in can live in schema %', quote_ident(sch) using errcode = 'invalid_schema_name';
  end if;
  execute replace(replace(script, '@schema@', quote_ident(sch)), '@owner@', _stub.owner()::text);
end $$;

-- `grant …` to those of the roles that exist: the platform's roles are missing on a plain server.
create function _stub.allow(what text, variadic roles text[]) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  r text;
begin
  foreach r in array roles loop
    if exists (select from pg_roles where rolname = r) then
      execute format('grant %s to %I', what, r);
    end if;
  end loop;
end $$;

-- The extension belongs to the migration role, as on the platform: it may comment on it and drop it. Its members stay the
-- superuser's, so owning it gives nothing else.
create function _stub.hand_over(ext_oid oid) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  new_owner oid := _stub.owner();
  here oid := (select d.oid from pg_database d where d.datname = current_database());
begin
  update pg_extension set extowner = new_owner where oid = ext_oid;
  delete from pg_shdepend s
    where s.dbid = here and s.classid = 'pg_extension'::regclass and s.objid = ext_oid and s.deptype = 'o';
  -- The superuser who made the cluster is pinned and never noted.
  if new_owner >= 16384 then
    insert into pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype)
    values (here, 'pg_extension'::regclass, ext_oid, 0, 'pg_authid'::regclass, new_owner, 'o');
  end if;
end $$;

-- Enters an extension's name. Its objects are attached separately.
create function _stub.register(ext text, sch text, ver text) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  ext_oid oid;
  sch_oid oid := (select n.oid from pg_namespace n where n.nspname = sch);
begin
  if exists (select from pg_extension where extname = ext) then
    return;
  end if;
  if sch_oid is null then
    raise exception 'schema "%" does not exist', sch using errcode = 'invalid_schema_name';
  end if;
  ext_oid := pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index');
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
  select ext_oid, ext, r.oid, sch_oid, true, ver from pg_roles r where r.rolname = current_user;
  -- As with a real one: `drop schema … cascade` takes the extension along. Schemas of the system are pinned.
  if sch_oid >= 2200 and sch <> 'pg_catalog' then
    insert into pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
    values ('pg_extension'::regclass, ext_oid, 0, 'pg_namespace'::regclass, sch_oid, 0, 'n');
  end if;
  perform _stub.hand_over(ext_oid);
end $$;

-- Objects that no extension owns and that an extension's script would: not indexes, constraints, array and row types, which
-- come and go with what they belong to, nor anything temporary.
create function _stub.loose() returns table (classid oid, objid oid, schema oid)
language sql stable set search_path = pg_catalog as $$
  select o.classid, o.objid, o.schema
  from (
    select 'pg_proc'::regclass::oid as classid, oid as objid, pronamespace as schema from pg_proc
    union all
    select 'pg_class'::regclass, oid, relnamespace from pg_class where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 'pg_type'::regclass, t.oid, t.typnamespace from pg_type t
      left join pg_class c on c.oid = t.typrelid
      where t.typtype not in ('p', 'm')
        and (t.typrelid = 0 or c.relkind = 'c')
        and not exists (select from pg_type e where e.typarray = t.oid)
    union all
    select 'pg_operator'::regclass, oid, oprnamespace from pg_operator
    union all
    select 'pg_opclass'::regclass, oid, opcnamespace from pg_opclass
    union all
    select 'pg_opfamily'::regclass, oid, opfnamespace from pg_opfamily
    union all
    select 'pg_cast'::regclass, oid, null from pg_cast
    union all
    select 'pg_am'::regclass, oid, null from pg_am
    union all
    select 'pg_foreign_data_wrapper'::regclass, oid, null from pg_foreign_data_wrapper
    union all
    select 'pg_namespace'::regclass, oid, null from pg_namespace where nspname !~ '^pg_(toast|temp)'
  ) o
  where o.objid >= 16384
    and not exists (select from pg_namespace n where n.oid = o.schema and n.nspname ~ '^pg_(toast|temp)')
    and not exists (
      select from pg_depend d
      where d.classid = o.classid and d.objid = o.objid and d.objsubid = 0 and d.deptype = 'e')
$$;

create function _stub.attach(ext text, class_oid oid, object_oid oid) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  o record;
begin
  -- The server's own description of an object is what `alter extension … add` reads, but for two spellings.
  select * into o from pg_identify_object(class_oid, object_oid, 0);
  execute format('alter extension %I add %s %s', ext,
    case o.type when 'composite type' then 'type' when 'foreign-data wrapper' then 'foreign data wrapper' else o.type end,
    o.identity);
end $$;

-- Attaches whatever a schema holds, for a schema that belongs to one extension.
create function _stub.attach_schema(ext text, sch text) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  o record;
begin
  for o in select l.classid, l.objid from _stub.loose() l
           join pg_namespace n on n.oid = l.schema and n.nspname = sch loop
    perform _stub.attach(ext, o.classid, o.objid);
  end loop;
end $$;

-- Makes an extension exist, best way first. `sch` is where `create extension` would put it.
create function _stub.create_extension(ext text, sch text) returns text
language plpgsql set search_path = pg_catalog set client_min_messages = warning as $$
declare
  home text := _stub.home(ext);
  present oid[] := array(select oid from pg_extension);
  existing text[];
  fixed boolean;
  o record;
  outcome text;
begin
  if exists (select from pg_extension where extname = ext) then
    return 'already there';
  end if;
  sch := coalesce(home, sch, 'public');
  if home is not null and not exists (select from pg_namespace where nspname = home) then
    execute format('create schema %I', home);
  end if;
  if not exists (select from pg_namespace where nspname = sch) then
    raise exception 'schema "%" does not exist', sch using errcode = 'invalid_schema_name';
  end if;

  if not _stub.never_real(ext) and exists (select from pg_available_extensions where name = ext) then
    begin
      select v.schema is not null into fixed
      from pg_available_extension_versions v
      join pg_available_extensions a on a.name = v.name and a.default_version = v.version
      where v.name = ext;
      execute format('create extension %I %s cascade', ext,
        case when fixed then '' else format('schema %I', sch) end);
      outcome := 'real';
    exception
      -- Some need a library loaded at start, or another extension that is missing.
      when others then
        raise debug 'extension % is listed but cannot be created: %', ext, sqlerrm;
    end;
  end if;

  if outcome is null then
    existing := array(select l.classid || ' ' || l.objid from _stub.loose() l);
    if exists (select from pg_proc p where p.pronamespace = '_stub'::regnamespace and p.proname = ext
               and p.oid = to_regprocedure(format('_stub.%I(text)', ext))
               and p.prorettype = 'void'::regtype) then
      execute format('select _stub.%I(%L)', ext, sch);
      outcome := 'stand-in';
    else
      if ext like '%\_fdw' then
        execute format('create foreign data wrapper %I', ext);
      end if;
      outcome := 'empty stand-in';
    end if;
    perform _stub.register(ext, sch, '0');
    for o in select l.classid, l.objid from _stub.loose() l
             where l.classid || ' ' || l.objid <> all (existing) loop
      perform _stub.attach(ext, o.classid, o.objid);
    end loop;
  end if;

  for o in select e.oid from pg_extension e where e.oid <> all (present) loop
    perform _stub.hand_over(o.oid);
  end loop;
  -- Whoever may create a server may use a wrapper: on the platform the migration role owns them.
  for o in
    select w.fdwname as name from pg_foreign_data_wrapper w
    join pg_depend d on d.classid = 'pg_foreign_data_wrapper'::regclass and d.objid = w.oid and d.deptype = 'e'
    where d.refobjid <> all (present)
  loop
    execute format('grant usage on foreign data wrapper %I to %s with grant option', o.name, _stub.owner());
  end loop;
  -- What a real extension keeps from the public must not come back through default privileges: the platform's hand every
  -- function the superuser makes in public to the migration role, dblink_connect_u among them, which asks no password and
  -- so would open a superuser's connection to this very server. And dblink as a whole, which is real where the server has it
  -- because functions of users name its return types, must not call out.
  for o in
    select p.oid::regprocedure as signature, a.grantee
    from pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
      and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
    join pg_proc p on p.oid = d.objid
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    left join pg_roles r on r.oid = a.grantee
    where outcome = 'real'
      and e.oid <> all (present)
      and a.grantee <> p.proowner
      -- Grants to the server's own roles come from the extension's script.
      and (r.rolname is null or r.rolname !~ '^pg_')
      and (e.extname = 'dblink' or not exists (
        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as everybody
        where everybody.grantee = 0 and everybody.privilege_type = 'EXECUTE'))
  loop
    execute format('revoke all on function %s from %s', o.signature,
      case o.grantee when 0 then 'public' else o.grantee::regrole::text end);
  end loop;
  return outcome;
end $$;
