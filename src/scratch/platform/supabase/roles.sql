-- Roles of a Supabase project, and the database's owner. Runs as the superuser, who is `supabase_admin`.
set local client_min_messages = warning;

do $$
declare
  r record;
begin
  for r in
    select * from (values
      -- The role migrations run as. Not a superuser, as on the platform.
      ('postgres', 'login nosuperuser createdb createrole noreplication bypassrls'),
      ('anon', 'nologin'),
      ('authenticated', 'nologin'),
      ('service_role', 'nologin bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_auth_admin', 'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole'),
      ('supabase_functions_admin', 'login noinherit createrole'),
      ('supabase_realtime_admin', 'nologin noinherit'),
      ('supabase_read_only_user', 'login bypassrls'),
      -- On the platform the next three replicate. Here they do not: up to 15 the migration role could become them and
      -- open replication slots, and nothing compares their attributes.
      ('supabase_replication_admin', 'login'),
      ('supabase_etl_admin', 'login'),
      ('dashboard_user', 'nologin createdb createrole'),
      ('supabase_privileged_role', 'nologin'),
      ('pgbouncer', 'login'),
      ('pgsodium_keyiduser', 'nologin'),
      ('pgsodium_keyholder', 'nologin'),
      ('pgsodium_keymaker', 'nologin'),
      ('pgtle_admin', 'nologin')
    ) as v(name, attributes)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = r.name) then
      execute pg_catalog.format('create role %I', r.name);
    end if;
    execute pg_catalog.format('alter role %I %s', r.name, r.attributes);
  end loop;
end $$;

-- With the admin option, because from 16 on CREATEROLE alone does not let `postgres` alter a role it did not create:
-- `alter role anon set statement_timeout …` is common.
grant anon, authenticated, service_role, authenticator to postgres with admin option;
-- The owners of the platform's tables: membership is what lets `postgres` put policies and triggers on them.
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin, supabase_functions_admin to postgres;
grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
grant anon, authenticated, service_role to supabase_storage_admin;
grant pg_monitor, pg_signal_backend to postgres with admin option;
grant pg_monitor to supabase_etl_admin, supabase_read_only_user;

do $$
declare
  parameter text;
begin
  execute pg_catalog.format('alter database %I owner to postgres', pg_catalog.current_database());
  -- The order matters: unqualified names in migrations resolve to public first, then to the extensions' schema.
  execute pg_catalog.format('alter database %I set search_path to "$user", public, extensions', pg_catalog.current_database());
  -- pg_read_all_data came with 14. To pass it on, `postgres` needs nothing up to 15 (CREATEROLE is enough) and the admin
  -- option from 16 on; it need not hold it itself.
  if pg_catalog.current_setting('server_version_num')::int >= 160000 then
    execute 'grant pg_read_all_data to postgres with admin true, inherit false, set false';
  end if;
  if pg_catalog.current_setting('server_version_num')::int >= 140000 then
    execute 'grant pg_read_all_data to supabase_read_only_user, supabase_etl_admin';
  end if;
  -- Settings that the platform lets `postgres` change: dumps switch triggers off with the first, the others configure the
  -- API through `alter role authenticator set`. Before 15 a setting cannot be granted and stays the superuser's.
  if pg_catalog.current_setting('server_version_num')::int >= 150000 then
    foreach parameter in array array[
      'session_replication_role', 'pgrst.db_schemas', 'pgrst.db_extra_search_path', 'pgrst.db_max_rows',
      'pgrst.db_pre_request', 'pgrst.db_aggregates_enabled', 'pgrst.db_plan_enabled', 'pgrst.openapi_mode',
      'pgrst.server_timing_enabled'
    ] loop
      execute pg_catalog.format('grant set on parameter %s to postgres', parameter);
    end loop;
  else
    -- From 15 on the database's owner owns public through pg_database_owner.
    execute 'alter schema public owner to postgres';
    execute 'revoke create on schema public from public';
  end if;
end $$;

-- Request limits as the platform sets them; migrations read or change them.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
