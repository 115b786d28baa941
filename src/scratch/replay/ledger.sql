-- Records which statement last touched which object. The setting pgpact.at says which statement runs:
-- its number and the aspect it sets. Runs as superuser on behalf of untrusted SQL, so everything is pinned.
create schema _pgpact;
revoke all on schema _pgpact from public;

create table _pgpact.touched (
  class_oid oid not null,
  object_oid oid not null,
  sub_id int4 not null,
  aspect text not null,
  statement int4 not null, -- 0: there before the first migration
  version text, -- tells an altered row or ACL from an untouched one
  primary key (class_oid, object_oid, sub_id, aspect)
);

-- Rows inside a relation or domain that DDL of it may make or alter without naming them.
create function _pgpact.children(parent_class oid, parent oid)
returns table (class_oid oid, object_oid oid, sub_id int4, version text)
language sql set search_path = pg_catalog, pg_temp as $$
  select 'pg_class'::regclass::oid, a.attrelid, a.attnum::int4, a.ctid::text
  from pg_attribute a
  where parent_class = 'pg_class'::regclass and a.attrelid = parent and a.attnum > 0 and not a.attisdropped
  union all
  select 'pg_attrdef'::regclass, d.oid, 0, d.ctid::text
  from pg_attrdef d
  where parent_class = 'pg_class'::regclass and d.adrelid = parent
  union all
  select 'pg_constraint'::regclass, k.oid, 0, k.ctid::text
  from pg_constraint k
  where parent_class = 'pg_class'::regclass and k.conrelid = parent
  union all
  select 'pg_constraint'::regclass, k.oid, 0, k.ctid::text
  from pg_constraint k
  where parent_class = 'pg_type'::regclass and k.contypid = parent
$$;

-- ACLs of one sort of object, or of one object when `only` is given.
create function _pgpact.acls(class regclass, only_object oid)
returns table (class_oid oid, object_oid oid, sub_id int4, version text)
language sql set search_path = pg_catalog, pg_temp as $$
  select class::oid, c.oid, 0, c.relacl::text
  from pg_class c
  where class = 'pg_class'::regclass and c.oid >= 16384 and (only_object is null or c.oid = only_object) and c.relacl is not null
  union all
  select class, a.attrelid, a.attnum::int4, a.attacl::text
  from pg_attribute a
  where class = 'pg_class'::regclass and a.attrelid >= 16384 and (only_object is null or a.attrelid = only_object) and a.attacl is not null
  union all
  select class, p.oid, 0, p.proacl::text
  from pg_proc p
  where class = 'pg_proc'::regclass and p.oid >= 16384 and (only_object is null or p.oid = only_object) and p.proacl is not null
  union all
  select class, t.oid, 0, t.typacl::text
  from pg_type t
  where class = 'pg_type'::regclass and t.oid >= 16384 and (only_object is null or t.oid = only_object) and t.typacl is not null
  union all
  select class, n.oid, 0, n.nspacl::text
  from pg_namespace n
  where class = 'pg_namespace'::regclass and (only_object is null or n.oid = only_object) and n.nspacl is not null
  union all
  select class, l.oid, 0, l.lanacl::text
  from pg_language l
  where class = 'pg_language'::regclass and (only_object is null or l.oid = only_object) and l.lanacl is not null
  union all
  select class, l.oid, 0, l.lomacl::text
  from pg_largeobject_metadata l
  where class = 'pg_largeobject'::regclass and (only_object is null or l.oid = only_object) and l.lomacl is not null
$$;

create function _pgpact.record() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at text := coalesce(current_setting('pgpact.at', true), '');
  here int4;
  named text;
  command record;
  catalog regclass;
begin
  -- The setting is anybody's to change: what does not read as ours is not recorded.
  if at !~ '^[0-9]{1,8} [a-z-]{1,20}$' then
    return;
  end if;
  here := split_part(at, ' ', 1);
  named := split_part(at, ' ', 2);
  for command in
    select distinct d.classid, d.objid, d.objsubid, d.command_tag, d.object_type
    from pg_event_trigger_ddl_commands() d
    where not d.in_extension
  loop
    if command.command_tag = 'ALTER DEFAULT PRIVILEGES' then
      insert into _pgpact.touched
      select 'pg_default_acl'::regclass, a.oid, 0, 'definition', here, a.ctid::text from pg_default_acl a
      on conflict (class_oid, object_oid, sub_id, aspect) do update
      set statement = excluded.statement, version = excluded.version
      where touched.version is distinct from excluded.version;
    elsif command.command_tag in ('GRANT', 'REVOKE') then
      catalog := case lower(command.object_type)
        when 'table' then 'pg_class' when 'sequence' then 'pg_class' when 'function' then 'pg_proc'
        when 'procedure' then 'pg_proc' when 'routine' then 'pg_proc' when 'schema' then 'pg_namespace'
        when 'type' then 'pg_type' when 'domain' then 'pg_type'
        when 'language' then 'pg_language' when 'large object' then 'pg_largeobject'
      end;
      insert into _pgpact.touched
      select a.class_oid, a.object_oid, a.sub_id, 'grant', here, a.version from _pgpact.acls(catalog, null) a
      on conflict (class_oid, object_oid, sub_id, aspect) do update
      set statement = excluded.statement, version = excluded.version
      where touched.version is distinct from excluded.version;
    elsif command.objid is not null then
      insert into _pgpact.touched
      values (command.classid, command.objid, command.objsubid, named, here)
      on conflict (class_oid, object_oid, sub_id, aspect) do update
      set statement = excluded.statement;
      if named in ('definition', 'row-security', 'trigger-state') then
        insert into _pgpact.touched
        select c.class_oid, c.object_oid, c.sub_id, 'definition', here, c.version
        from _pgpact.children(command.classid, command.objid) c
        on conflict (class_oid, object_oid, sub_id, aspect) do update
        set statement = excluded.statement, version = excluded.version
        where touched.version is distinct from excluded.version;
        insert into _pgpact.touched
        select a.class_oid, a.object_oid, a.sub_id, 'grant', here, a.version
        from _pgpact.acls(command.classid, command.objid) a
        on conflict do nothing;
      end if;
    end if;
  end loop;
end $$;

-- What belongs to the server. Event triggers do not see it: it is looked at after each statement that may change it. A
-- setting has no oid: its text is its address, as in the queries of the classes, and one that is changed has another.
create function _pgpact.shared()
returns table (class_oid oid, object_oid oid, sub_id int4, aspect text, version text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'pg_authid'::regclass::oid, a.oid, 0, 'definition', a.ctid::text
  from pg_authid a
  union all
  -- Since 16 there is a row for each grantor.
  select 'pg_auth_members'::regclass, m.roleid, hashtext(m.member::text), 'definition', string_agg(m.ctid::text, ' ' order by m.ctid)
  from pg_auth_members m
  group by m.roleid, m.member
  union all
  select distinct
    'pg_db_role_setting'::regclass::oid,
    case when s.setrole = 0 then s.setdatabase else s.setrole end,
    hashtext((s.setdatabase <> 0)::text || setting),
    'definition',
    ''
  from pg_db_role_setting s, unnest(s.setconfig) setting
  union all
  select 'pg_database'::regclass, d.oid, 0, 'grant', d.datacl::text
  from pg_database d
  where d.datacl is not null
  union all
  select 'pg_tablespace'::regclass, t.oid, 0, 'grant', t.spcacl::text
  from pg_tablespace t
  where t.spcacl is not null
  union all
  select c.classoid, c.objoid, 0, 'comment', c.ctid::text
  from pg_shdescription c;
  if to_regclass('pg_parameter_acl') is not null then -- since 15
    return query execute 'select ''pg_parameter_acl''::regclass::oid, p.oid, 0, ''grant'', p.paracl::text from pg_parameter_acl p';
  end if;
end $$;

-- Notes what a statement made of that. What was there before the first migration stays the platform's, and a role that
-- had to be made up (-1) nobody's.
create function _pgpact.look(here int4) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into _pgpact.touched
  select s.class_oid, s.object_oid, s.sub_id, s.aspect, here, s.version
  from _pgpact.shared() s
  on conflict (class_oid, object_oid, sub_id, aspect) do update
  set statement = excluded.statement, version = excluded.version
  where touched.version is distinct from excluded.version
    and (touched.statement > 0 or touched.statement = 0 and touched.aspect <> 'definition')
$$;
grant usage on schema _pgpact to public;
revoke all on function _pgpact.record(), _pgpact.shared(), _pgpact.acls(regclass, oid), _pgpact.children(oid, oid) from public;

-- What is there before the first migration.
insert into _pgpact.touched
select o.class_oid, o.object_oid, 0, 'definition', 0, null
from (
  select 'pg_class'::regclass as class_oid, oid as object_oid from pg_class
  union all select 'pg_proc'::regclass, oid from pg_proc
  union all select 'pg_type'::regclass, oid from pg_type
  union all select 'pg_namespace'::regclass, oid from pg_namespace
  union all select 'pg_trigger'::regclass, oid from pg_trigger
  union all select 'pg_policy'::regclass, oid from pg_policy
  union all select 'pg_rewrite'::regclass, oid from pg_rewrite
  union all select 'pg_event_trigger'::regclass, oid from pg_event_trigger
  union all select 'pg_publication'::regclass, oid from pg_publication
  union all select 'pg_publication_rel'::regclass, oid from pg_publication_rel
  union all select 'pg_statistic_ext'::regclass, oid from pg_statistic_ext
  union all select 'pg_foreign_data_wrapper'::regclass, oid from pg_foreign_data_wrapper
  union all select 'pg_foreign_server'::regclass, oid from pg_foreign_server
  union all select 'pg_extension'::regclass, oid from pg_extension
  union all select 'pg_default_acl'::regclass, oid from pg_default_acl
  union all select 'pg_language'::regclass, oid from pg_language
  union all select 'pg_am'::regclass, oid from pg_am
  union all select 'pg_collation'::regclass, oid from pg_collation
  union all select 'pg_conversion'::regclass, oid from pg_conversion
  union all select 'pg_cast'::regclass, oid from pg_cast
  union all select 'pg_operator'::regclass, oid from pg_operator
  union all select 'pg_opfamily'::regclass, oid from pg_opfamily
  union all select 'pg_opclass'::regclass, oid from pg_opclass
  union all select 'pg_ts_config'::regclass, oid from pg_ts_config
  union all select 'pg_ts_dict'::regclass, oid from pg_ts_dict
  union all select 'pg_ts_parser'::regclass, oid from pg_ts_parser
  union all select 'pg_ts_template'::regclass, oid from pg_ts_template
  union all select 'pg_transform'::regclass, oid from pg_transform
  union all select 'pg_largeobject'::regclass, oid from pg_largeobject_metadata
) o
where o.object_oid >= 16384 or o.class_oid = 'pg_namespace'::regclass;

insert into _pgpact.touched
select s.class_oid, s.object_oid, s.sub_id, s.aspect, 0, s.version
from _pgpact.shared() s
on conflict do nothing;

update _pgpact.touched t
set version = a.ctid::text
from pg_default_acl a
where t.class_oid = 'pg_default_acl'::regclass and t.object_oid = a.oid;

insert into _pgpact.touched
select c.class_oid, c.object_oid, c.sub_id, 'definition', 0, c.version
from pg_class r,
  _pgpact.children('pg_class'::regclass, r.oid) c
where r.relkind in ('r', 'p') and r.oid >= 16384;

insert into _pgpact.touched
select a.class_oid, a.object_oid, a.sub_id, 'grant', 0, a.version
from unnest(array['pg_class', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_language', 'pg_largeobject']::regclass[]) class,
  _pgpact.acls(class, null) a;

create event trigger _pgpact_record on ddl_command_end execute function _pgpact.record();
-- Also while session_replication_role says replica: dumps of data set it.
alter event trigger _pgpact_record enable always;
