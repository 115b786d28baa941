-- Takes away what a migration could use to leave the database. Serves every platform; runs last, as the superuser.
-- Only for a cluster made for one run: it edits the catalog of roles, which no server that anybody keeps should see.

-- 1. The roles that reach the host's files and programs.
-- Up to 15 a role with CREATEROLE may grant itself any role that is not a superuser, these three included, and
-- `copy … from program` is then a shell. They cannot be dropped (the server pins them), so their rows go: the server
-- looks them up by a fixed oid, finds no members, and says no. Their names are reserved, so nobody makes them anew.
delete from pg_catalog.pg_auth_members
  where roleid in (4569, 4570, 4571) or member in (4569, 4570, 4571);
-- 13 notes the pin itself as a row; later majors derive it from the oid.
delete from pg_catalog.pg_shdepend
  where refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and refobjid in (4569, 4570, 4571);
delete from pg_catalog.pg_authid
  where oid in (4569, 4570, 4571)
    and rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program');

do $$
begin
  if exists (select from pg_catalog.pg_authid
             where rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')) then
    raise exception 'the roles that reach the host are still there';
  end if;
end $$;

-- 2. Settings of later superuser connections.
-- The migration role owns the database, so `alter database … set` is its to use, and a search_path or a quoting rule put
-- there would apply to our own next connection; `role` would even take its powers away. A setting on the role wins over one
-- on the database.
do $$
declare
  setting text;
begin
  foreach setting in array array[
    'search_path = pg_catalog',
    'role = none',
    'standard_conforming_strings = on',
    'backslash_quote = safe_encoding',
    'client_encoding = ''UTF8''',
    'session_replication_role = origin',
    'default_transaction_read_only = off',
    'default_transaction_isolation = ''read committed''',
    'default_tablespace = ''''',
    'transform_null_equals = off',
    'quote_all_identifiers = off',
    'check_function_bodies = on',
    'datestyle = ''ISO, MDY''',
    'intervalstyle = postgres',
    'bytea_output = hex',
    'extra_float_digits = 1',
    'timezone = ''UTC''',
    'row_security = on',
    'statement_timeout = 0',
    'lock_timeout = 0',
    'idle_in_transaction_session_timeout = 0'
  ] loop
    execute pg_catalog.format('alter role %I set %s', current_user, setting);
  end loop;
end $$;

-- 3. Functions that read and write the host's files are guarded by nothing but their grants. A packager's template database
-- may have loosened them: state them again.
do $$
declare
  f record;
begin
  for f in
    select p.oid::pg_catalog.regprocedure as signature
    from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
      and p.proname in (
        'lo_import', 'lo_export', 'pg_read_file', 'pg_read_binary_file', 'pg_stat_file', 'pg_ls_dir',
        'pg_reload_conf', 'pg_rotate_logfile', 'pg_promote')
  loop
    execute pg_catalog.format('revoke all on function %s from public', f.signature);
  end loop;
end $$;

-- 4. The stand-ins are ours to call. They run with the caller's rights and could do nothing for anybody else; still.
revoke all on schema _stub from public;
revoke all on all functions in schema _stub from public;

-- 5. Nothing may be able to run as the superuser on the migration role's word.
do $$
declare
  culprit text;
begin
  select pg_catalog.string_agg(p.oid::pg_catalog.regprocedure::text, ', ') into culprit
  from pg_catalog.pg_proc p
  join pg_catalog.pg_roles r on r.oid = p.proowner
  where p.prosecdef and r.rolsuper and p.oid >= 16384;
  if culprit is not null then
    raise exception 'functions that run as the superuser: %', culprit;
  end if;
end $$;
