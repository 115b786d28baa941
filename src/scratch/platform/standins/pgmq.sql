-- pgmq: queues are tables, made as the real one makes them; messages are accepted and forgotten.
create function _stub."pgmq"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create table pgmq.meta (
      queue_name varchar unique not null,
      is_partitioned boolean not null,
      is_unlogged boolean not null,
      created_at timestamptz not null default now()
    );
    create type pgmq.message_record as (
      msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
    create type pgmq.queue_record as (
      queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
    create type pgmq.metrics_result as (
      queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer, total_messages bigint,
      scrape_time timestamptz, queue_visible_length bigint);

    create function pgmq.format_table_name(queue_name text, prefix text) returns text language sql immutable as $$
      select pg_catalog.lower($2 || '_' || $1)
    $$;
    create function pgmq.validate_queue_name(queue_name text) returns void language plpgsql as $$
    begin
      if pg_catalog.length(queue_name) > 47 then
        raise exception 'queue name is too long, maximum length is 47 characters';
      end if;
    end $$;
    create function pgmq.create_non_partitioned(queue_name text) returns void language plpgsql as $$
    begin
      execute pg_catalog.format(
        'create table if not exists pgmq.%I (
           msg_id bigint primary key generated always as identity, read_ct integer default 0 not null,
           enqueued_at timestamptz default now() not null, vt timestamptz not null, message jsonb, headers jsonb)',
        pgmq.format_table_name(queue_name, 'q'));
      execute pg_catalog.format(
        'create table if not exists pgmq.%I (
           msg_id bigint primary key, read_ct integer default 0 not null, enqueued_at timestamptz default now() not null,
           archived_at timestamptz default now() not null, vt timestamptz not null, message jsonb, headers jsonb)',
        pgmq.format_table_name(queue_name, 'a'));
      execute pg_catalog.format('create index if not exists %I on pgmq.%I (vt)',
        pgmq.format_table_name(queue_name, 'q') || '_vt_idx', pgmq.format_table_name(queue_name, 'q'));
      insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values ($1, false, false) on conflict do nothing;
    end $$;
    create function pgmq.create(queue_name text) returns void language sql as $$
      select pgmq.create_non_partitioned($1)
    $$;
    create function pgmq.create_unlogged(queue_name text) returns void language sql as $$
      select pgmq.create_non_partitioned($1)
    $$;
    create function pgmq.create_partitioned(
      queue_name text, partition_interval text default '10000', retention_interval text default '100000')
    returns void language sql as $$ select pgmq.create_non_partitioned($1) $$;
    create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql as $$
    begin
      execute pg_catalog.format('drop table if exists pgmq.%I, pgmq.%I',
        pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'));
      delete from pgmq.meta as m where m.queue_name = $1;
      return true;
    end $$;
    create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean language sql as $$
      select pgmq.drop_queue($1)
    $$;
    create function pgmq.detach_archive(queue_name text) returns void language sql as $$ select $$;
    create function pgmq.list_queues() returns setof pgmq.queue_record language sql as $$
      select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta
    $$;
    create function pgmq.purge_queue(queue_name text) returns bigint language sql as $$ select 0::bigint $$;

    create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz)
      returns setof bigint language sql as
      $$ select 1::bigint $$;
    create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql as
      $$ select i::bigint from pg_catalog.generate_series(1, pg_catalog.cardinality($2)) as i $$;
    create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql as
      $$ select i::bigint from pg_catalog.generate_series(1, pg_catalog.cardinality($2)) as i $$;
    create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql as
      $$ select i::bigint from pg_catalog.generate_series(1, pg_catalog.cardinality($2)) as i $$;
    create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer)
    returns setof bigint language sql as
      $$ select i::bigint from pg_catalog.generate_series(1, pg_catalog.cardinality($2)) as i $$;
    create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
    returns setof pgmq.message_record language sql as $$ select null::pgmq.message_record where false $$;
    create function pgmq.read_with_poll(
      queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100,
      conditional jsonb default '{}')
    returns setof pgmq.message_record language sql as $$ select null::pgmq.message_record where false $$;
    create function pgmq.pop(queue_name text) returns setof pgmq.message_record language sql as
      $$ select null::pgmq.message_record where false $$;
    create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer)
    returns setof pgmq.message_record language sql as $$ select null::pgmq.message_record where false $$;
    create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as $$ select true $$;
    create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language sql as
      $$ select pg_catalog.unnest($2) $$;
    create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as $$ select true $$;
    create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language sql as
      $$ select pg_catalog.unnest($2) $$;
    create function pgmq.metrics(queue_name text) returns pgmq.metrics_result language sql as $$
      select $1, 0::bigint, null::integer, null::integer, 0::bigint, pg_catalog.now(), 0::bigint
    $$;
    create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql as $$
      select pgmq.metrics(queue_name) from pgmq.meta
    $$;

    -- Queues are made by whoever calls create(), so the migration role must be able to make tables here.
    grant all on schema pgmq to @owner@ with grant option;
    grant all on all tables in schema pgmq to @owner@ with grant option;
  $script$, sch);
  perform _stub.register('pgmq', sch, '1.5.1');
end $stub$;
