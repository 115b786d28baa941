-- Records which statement last touched which object. The setting pgpact.at says which statement runs:
-- its number and the aspect it sets. Runs as superuser on behalf of untrusted SQL, so everything is pinned.
create schema _pgpact;
revoke all on schema _pgpact from public;

-- What event triggers say, one row a command. A row's own xmin and cmin say where it stands among the rows of the
-- catalogs: a command writes its rows before the trigger writes this one, and the next command writes after it.
create table _pgpact.events (
  id int4 generated always as identity primary key,
  statement int4 not null,
  aspect text not null,
  class_oid oid,
  object_oid oid,
  sub_id int4,
  granted regclass -- the catalog whose ACLs a GRANT or REVOKE may have written
);
create index events_of_statement on _pgpact.events (statement);

create table _pgpact.touched (
  class_oid oid not null,
  object_oid oid not null,
  sub_id int4 not null,
  aspect text not null,
  statement int4 not null, -- 0: there before the first migration
  version text, -- tells an altered ACL, or an altered row of the server's, from an untouched one
  primary key (class_oid, object_oid, sub_id, aspect)
);

-- ACLs of one sort of object.
create function _pgpact.acls(class regclass)
returns table (class_oid oid, object_oid oid, sub_id int4, version text)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  case class
  when 'pg_class'::regclass then
    return query select class::oid, c.oid, 0, c.relacl::text from pg_class c where c.oid >= 16384 and c.relacl is not null;
  when 'pg_attribute'::regclass then
    return query select 'pg_class'::regclass::oid, a.attrelid, a.attnum::int4, a.attacl::text from pg_attribute a
    where a.attrelid >= 16384 and a.attacl is not null;
  when 'pg_proc'::regclass then
    return query select class::oid, p.oid, 0, p.proacl::text from pg_proc p where p.oid >= 16384 and p.proacl is not null;
  when 'pg_type'::regclass then
    return query select class::oid, t.oid, 0, t.typacl::text from pg_type t where t.oid >= 16384 and t.typacl is not null;
  when 'pg_namespace'::regclass then
    return query select class::oid, n.oid, 0, n.nspacl::text from pg_namespace n where n.nspacl is not null;
  when 'pg_language'::regclass then
    return query select class::oid, l.oid, 0, l.lanacl::text from pg_language l where l.oid >= 16384 and l.lanacl is not null;
  when 'pg_largeobject'::regclass then
    return query select class::oid, l.oid, 0, l.lomacl::text from pg_largeobject_metadata l
    where l.oid >= 16384 and l.lomacl is not null;
  else
    return;
  end case;
end $$;

-- Objects of one sort whose rows a transaction wrote after one of its commands.
create function _pgpact.written(class regclass, writer xid, after int8)
returns table (object_oid oid, sub_id int4, command int8, version text)
language plpgsql rows 2 set search_path = pg_catalog, pg_temp as $$
begin
  case class
  when 'pg_class'::regclass then
    return query select c.oid, 0, c.cmin::text::int8, c.relacl::text from pg_class c
    where c.xmin = writer and c.cmin::text::int8 > after;
  when 'pg_attribute'::regclass then
    return query select a.attrelid, a.attnum::int4, a.cmin::text::int8, a.attacl::text from pg_attribute a
    where a.xmin = writer and a.cmin::text::int8 > after;
  when 'pg_proc'::regclass then
    return query select p.oid, 0, p.cmin::text::int8, p.proacl::text from pg_proc p
    where p.xmin = writer and p.cmin::text::int8 > after;
  when 'pg_type'::regclass then
    return query select t.oid, 0, t.cmin::text::int8, t.typacl::text from pg_type t
    where t.xmin = writer and t.cmin::text::int8 > after;
  when 'pg_namespace'::regclass then
    return query select n.oid, 0, n.cmin::text::int8, n.nspacl::text from pg_namespace n
    where n.xmin = writer and n.cmin::text::int8 > after;
  when 'pg_language'::regclass then
    return query select l.oid, 0, l.cmin::text::int8, l.lanacl::text from pg_language l
    where l.xmin = writer and l.cmin::text::int8 > after;
  when 'pg_largeobject'::regclass then
    return query select l.oid, 0, l.cmin::text::int8, l.lomacl::text from pg_largeobject_metadata l
    where l.xmin = writer and l.cmin::text::int8 > after;
  else
    return;
  end case;
end $$;

-- Notes what a run of events wrote of which the first and the last are given, all GRANT or REVOKE. To be called before
-- another command writes the same rows for another reason. Without columns in them only those of the tables they name
-- are looked at, which a REVOKE clears as well.
create function _pgpact.note_events(first int4, last int4, has_columns bool) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  run record;
  before int8;
begin
  for run in
    select e.xmin as born, e.granted as catalog, min(e.id) as id
    from _pgpact.events e
    where e.id between first and last and e.granted is not null
    group by 1, 2
  loop
    -- The event before, in the same transaction: what was written up to it is not theirs.
    before := coalesce((
      select e.cmin::text::int8
      from (select l.xmin, l.cmin from _pgpact.events l where l.id < first order by l.id desc limit 1) e
      where e.xmin = run.born
    ), -1);
    insert into _pgpact.touched
    select
      case run.catalog when 'pg_attribute'::regclass then 'pg_class'::regclass else run.catalog end,
      w.object_oid, w.sub_id, 'grant',
      coalesce((
        select e.statement from _pgpact.events e
        where e.id between first and last and e.xmin = run.born and e.cmin::text::int8 >= w.command
        order by e.id limit 1
      ), (select e.statement from _pgpact.events e where e.id = last)),
      w.version
    from (
      select * from _pgpact.written(run.catalog, run.born, before)
      union all
      select w.object_oid, a.attnum, a.cmin::text::int8, a.attacl::text
      from _pgpact.written('pg_class', run.born, before) w
      join pg_attribute a on a.attrelid = w.object_oid and a.xmin = run.born and a.cmin::text::int8 > before
      where run.catalog = 'pg_class'::regclass and not has_columns
      union all
      select * from _pgpact.written('pg_attribute', run.born, before)
      where run.catalog = 'pg_class'::regclass and has_columns
    ) w
    where w.version is not null
    on conflict (class_oid, object_oid, sub_id, aspect) do update
    set statement = excluded.statement, version = excluded.version;
  end loop;
end $$;

-- The same for statements.
create function _pgpact.granted(first int4, last int4, has_columns bool) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run record;
begin
  select min(e.id) as first, max(e.id) as last into run
  from _pgpact.events e
  where e.statement between granted.first and granted.last;
  perform _pgpact.note_events(run.first, run.last, has_columns);
end $$;

-- Runs after every command, so it does next to nothing: the rest is worked out once, in settle().
create function _pgpact.record() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at text := coalesce(current_setting('pgpact.at', true), '');
  command record;
  event int4;
begin
  -- The setting is anybody's to change: what does not read as ours is not recorded.
  if at !~ '^[0-9]{1,8} [a-z-]{1,20}$' then
    return;
  end if;
  for command in
    select d.classid, d.objid, d.objsubid, d.command_tag, d.object_type
    from pg_event_trigger_ddl_commands() d
    where not d.in_extension
  loop
    if command.command_tag in ('GRANT', 'REVOKE') then
      insert into _pgpact.events (statement, aspect, granted)
      values (
        split_part(at, ' ', 1)::int4, split_part(at, ' ', 2),
        case lower(command.object_type)
          when 'table' then 'pg_class' when 'sequence' then 'pg_class' when 'function' then 'pg_proc'
          when 'procedure' then 'pg_proc' when 'routine' then 'pg_proc' when 'schema' then 'pg_namespace'
          when 'type' then 'pg_type' when 'domain' then 'pg_type'
          when 'language' then 'pg_language' when 'large object' then 'pg_largeobject'
        end::regclass
      )
      returning id into event;
      -- Inside of a block or function nobody calls granted() between it and the next command.
      if split_part(at, ' ', 2) <> 'grant' then
        perform _pgpact.note_events(event, event, true);
      end if;
    else
      insert into _pgpact.events (statement, aspect, class_oid, object_oid, sub_id)
      values (split_part(at, ' ', 1)::int4, split_part(at, ' ', 2), command.classid, command.objid, command.objsubid);
    end if;
  end loop;
end $$;

-- Works out at the end which statement last wrote what.
create function _pgpact.settle() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into _pgpact.touched
  select e.class_oid, e.object_oid, e.sub_id, e.aspect, max(e.statement), null
  from _pgpact.events e
  where e.object_oid is not null
  group by 1, 2, 3, 4
  on conflict (class_oid, object_oid, sub_id, aspect) do update
  set statement = excluded.statement;

  create temp table marks as
  select e.xmin::text::int8 as born, e.cmin::text::int8 as command, e.statement,
    e.aspect in ('definition', 'row-security', 'trigger-state') as is_definition, e.class_oid, e.object_oid
  from _pgpact.events e;
  create index on marks (born, command);
  create index on marks (object_oid, statement) where is_definition;
  analyze marks;

  -- Rows inside of others, that commands make and alter without naming them: the first event after a row was written
  -- is its command's. One that only wrote an ACL or an owner into it stands back behind the last that defined it.
  insert into _pgpact.touched
  select r.class_oid, r.object_oid, r.sub_id, 'definition', s.statement, null
  from (
    select 'pg_class'::regclass::oid as class_oid, a.attrelid as object_oid, a.attnum::int4 as sub_id, a.attrelid as parent, a.xmin, a.cmin
    from pg_attribute a
    where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
    union all
    select 'pg_attrdef'::regclass, d.oid, 0, d.adrelid, d.xmin, d.cmin from pg_attrdef d
    union all
    select 'pg_constraint'::regclass, k.oid, 0, case when k.conrelid = 0 then k.contypid else k.conrelid end, k.xmin, k.cmin
    from pg_constraint k
    union all
    select 'pg_default_acl'::regclass, a.oid, 0, a.oid, a.xmin, a.cmin from pg_default_acl a
  ) r
  cross join lateral (
    select m.statement, m.is_definition
    from marks m
    where m.born = r.xmin::text::int8 and m.command >= r.cmin::text::int8
    order by m.command
    limit 1
  ) m
  cross join lateral (
    select case
      when m.is_definition then m.statement
      else (select max(d.statement) from marks d where d.is_definition and d.object_oid = r.parent and d.statement <= m.statement)
    end as statement
  ) s
  where s.statement is not null
  on conflict (class_oid, object_oid, sub_id, aspect) do update
  set statement = excluded.statement;

  -- ACLs that nobody granted came with their objects, from default privileges.
  insert into _pgpact.touched
  select a.class_oid, a.object_oid, a.sub_id, 'grant', min(m.statement), null
  from unnest(array['pg_class', 'pg_attribute', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_language', 'pg_largeobject']::regclass[]) class,
    _pgpact.acls(class) a
  join marks m on m.is_definition and m.class_oid = a.class_oid and m.object_oid = a.object_oid
  group by 1, 2, 3
  on conflict do nothing;
  drop table marks;
end $$;

-- How far sequences are drawn: all of them, or those that belong to the given tables. Drawing is never undone, so what
-- runs a second time after a failure would draw other numbers.
create function _pgpact.drawn(tables regclass[]) returns text
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select string_agg(s.seqrelid || '=' || coalesce(pg_sequence_last_value(s.seqrelid)::text, ''), ' ')
  from pg_sequence s
  where tables is null or s.seqrelid in (
    select d.objid from pg_depend d
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = any (tables) and d.deptype in ('a', 'i')
  )
$$;

-- Sets sequences back to that.
create function _pgpact.draw(state text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select case
    when split_part(one, '=', 2) <> '' then setval(split_part(one, '=', 1)::oid::regclass, split_part(one, '=', 2)::int8)
    else setval(s.seqrelid, s.seqstart, false)
  end
  from unnest(string_to_array(state, ' ')) one
  join pg_sequence s on s.seqrelid = split_part(one, '=', 1)::oid
  where pg_sequence_last_value(s.seqrelid)::text is distinct from nullif(split_part(one, '=', 2), '')
$$;

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
revoke all on function _pgpact.record(), _pgpact.shared(), _pgpact.acls(regclass), _pgpact.written(regclass, xid, int8),
  _pgpact.note_events(int4, int4, bool), _pgpact.settle()
from public;

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

insert into _pgpact.touched
select 'pg_class'::regclass, a.attrelid, a.attnum, 'definition', 0, null
from pg_attribute a
where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
union all
select 'pg_attrdef'::regclass, d.oid, 0, 'definition', 0, null from pg_attrdef d
union all
select 'pg_constraint'::regclass, k.oid, 0, 'definition', 0, null from pg_constraint k where k.oid >= 16384;

insert into _pgpact.touched
select a.class_oid, a.object_oid, a.sub_id, 'grant', 0, a.version
from unnest(array['pg_class', 'pg_attribute', 'pg_proc', 'pg_type', 'pg_namespace', 'pg_language', 'pg_largeobject']::regclass[]) class,
  _pgpact.acls(class) a;

create event trigger _pgpact_record on ddl_command_end execute function _pgpact.record();
-- Also while session_replication_role says replica: dumps of data set it.
alter event trigger _pgpact_record enable always;
