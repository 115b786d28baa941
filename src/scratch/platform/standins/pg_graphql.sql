-- pg_graphql: the resolver, which resolves nothing. graphql_public.graphql is the platform's.
create function _stub."pg_graphql"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function graphql.resolve(
      query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null)
    returns jsonb language sql as $$ select '{}'::jsonb $$;
    create function graphql._internal_resolve(
      query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null)
    returns jsonb language sql as $$ select '{}'::jsonb $$;
    create sequence graphql.seq_schema_version cycle;
    create function graphql.get_schema_version() returns integer language sql as $$
      select last_value::integer from graphql.seq_schema_version
    $$;
    grant usage on schema graphql to @owner@;
    grant select on sequence graphql.seq_schema_version to public;
  $script$, sch);
  perform _stub.allow('usage on schema graphql', 'anon', 'authenticated', 'service_role');
  perform _stub.register('pg_graphql', sch, '1.5.11');
end $stub$;
