-- Owners and grants of a Supabase project whose new objects in public are exposed through the API.

-- ---- public
-- Without create: that comes to `postgres` through owning the database (15 and later) or the schema (before).
grant usage on schema public to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;

-- ---- platform schemas
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;
grant usage on schema auth, storage, realtime, supabase_functions, graphql_public to anon, authenticated, service_role;
grant usage on schema graphql to postgres, anon, authenticated, service_role;
grant usage on schema vault to service_role;
-- More than the platform gives today, but what it gave when older migrations were written: they create functions in auth
-- and storage.
grant all on schema auth to supabase_auth_admin, dashboard_user, postgres;
grant all on schema storage to supabase_storage_admin, dashboard_user, postgres;
-- The owner of a table needs create on its schema to put an index on it.
grant all on schema realtime to supabase_realtime_admin;
grant all on schema supabase_functions to supabase_functions_admin;
grant usage on schema realtime, supabase_functions, graphql_public, vault to postgres;

-- ---- owners
-- `postgres` is a member of each of them, which is what lets its migrations add policies and triggers.
do $$
declare
  o record;
begin
  for o in
    select
      case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind,
      c.oid::pg_catalog.regclass::text as name,
      h.owner
    from pg_catalog.pg_class c
    join (values
      ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
      ('realtime', 'supabase_realtime_admin'), ('supabase_functions', 'supabase_functions_admin')
    ) as h(schema, owner) on c.relnamespace = h.schema::pg_catalog.regnamespace
    -- Sequences of serial and identity columns follow their table.
    where c.relkind in ('r', 'p', 'v')
    union all
    select
      'function', p.oid::pg_catalog.regprocedure::text, h.owner
    from pg_catalog.pg_proc p
    join (values
      ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'),
      ('realtime', 'supabase_realtime_admin'), ('supabase_functions', 'supabase_functions_admin'),
      ('pgbouncer', 'pgbouncer')
    ) as h(schema, owner) on p.pronamespace = h.schema::pg_catalog.regnamespace
    union all
    select
      'type', t.oid::pg_catalog.regtype::text, h.owner
    from pg_catalog.pg_type t
    join (values
      ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'), ('realtime', 'supabase_realtime_admin')
    ) as h(schema, owner) on t.typnamespace = h.schema::pg_catalog.regnamespace
    left join pg_catalog.pg_class tc on tc.oid = t.typrelid
    where t.typtype = 'e' or tc.relkind = 'c'
  loop
    execute pg_catalog.format('alter %s %s owner to %I', o.kind, o.name, o.owner);
  end loop;
end $$;

-- ---- platform tables
grant all on all tables in schema auth to postgres, dashboard_user;
grant all on all sequences in schema auth to postgres, dashboard_user;
grant all on all tables in schema storage to postgres, anon, authenticated, service_role;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;
grant all on all tables in schema realtime to postgres, dashboard_user;
grant all on all sequences in schema realtime to postgres, dashboard_user;
grant all on all tables in schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on all sequences in schema supabase_functions to postgres, anon, authenticated, service_role;
