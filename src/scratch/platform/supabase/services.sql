-- The smaller services: database webhooks, GraphQL, the pooler.

-- Webhooks are triggers that call this function; the dashboard writes such triggers into dumps.
create table supabase_functions.migrations (
  version text primary key,
  inserted_at timestamptz not null default now()
);
create table supabase_functions.hooks (
  id bigserial primary key,
  hook_table_id integer not null,
  hook_name text not null,
  created_at timestamptz not null default now(),
  request_id bigint
);
create index supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
create index supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);
-- On the platform it runs with its owner's rights. Nothing here needs that, so it does not.
create function supabase_functions.http_request() returns trigger language plpgsql as $$
begin
  return new;
end $$;

-- The entry point of the GraphQL API. The platform makes it when pg_graphql is switched on.
create function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
returns jsonb language sql as $$ select '{}'::jsonb $$;

create function pgbouncer.get_auth(p_usename text) returns table (username text, password text) language sql as $$
  select null::text, null::text where false
$$;
revoke all on function pgbouncer.get_auth(text) from public;
