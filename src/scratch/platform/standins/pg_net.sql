-- pg_net: asynchronous requests. They are numbered, never sent.
-- The schema of its objects is always net; `sch` is only where the extension is entered.
create function _stub."pg_net"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create schema net;
    create sequence net.http_request_queue_id_seq;
    create domain net.http_method as text;
    create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
    create type net.http_response as (status_code integer, headers jsonb, body text);
    create type net.http_response_result as (status net.request_status, message text, response net.http_response);
    create unlogged table net.http_request_queue (
      id bigint not null default pg_catalog.nextval('net.http_request_queue_id_seq'),
      method text not null,
      url text not null,
      headers jsonb,
      body bytea,
      timeout_milliseconds integer not null
    );
    create unlogged table net._http_response (
      id bigint,
      status_code integer,
      content_type text,
      headers jsonb,
      content text,
      timed_out boolean,
      error_msg text,
      created timestamptz not null default now()
    );
    create function net.http_get(
      url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
    returns bigint language sql as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;
    create function net.http_post(
      url text, body jsonb default '{}', params jsonb default '{}',
      headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
    returns bigint language sql as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;
    create function net.http_delete(
      url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000,
      body jsonb default null)
    returns bigint language sql as $$ select pg_catalog.nextval('net.http_request_queue_id_seq') $$;
    create function net.http_collect_response(request_id bigint, async boolean default true)
    returns net.http_response_result language sql as $$ select null::net.http_response_result $$;
    create function net._http_collect_response(request_id bigint, async boolean default true)
    returns net.http_response_result language sql as $$ select null::net.http_response_result $$;
    create function net.worker_restart() returns boolean language sql as $$ select true $$;
    create function net.check_worker_is_up() returns void language sql as $$ select $$;

    grant usage on schema net to @owner@ with grant option;
    grant all on all tables in schema net to @owner@;
    grant usage, select on net.http_request_queue_id_seq to public;
  $script$, sch);
  perform _stub.allow('usage on schema net', 'anon', 'authenticated', 'service_role', 'supabase_functions_admin');
  perform _stub.allow('all on all tables in schema net', 'anon', 'authenticated', 'service_role');
  perform _stub.register('pg_net', sch, '0.14.0');
end $stub$;
