-- A plain server: the migration role, and nothing a fresh cluster does not have anyway.
-- {{owner}} is replaced by the quoted name of the role the migrations run as.
do $$
declare
  -- regrole reads a quoted identifier and prints one, so the name is never pasted into a string here.
  owner text := $name${{owner}}$name$;
begin
  if pg_catalog.to_regrole(owner) is null then
    create role {{owner}};
  end if;
  owner := pg_catalog.to_regrole(owner)::text;
  alter role {{owner}} login nosuperuser createdb createrole noreplication nobypassrls;

  -- Owner of the database: it may create schemas and trusted extensions, as the owner on a real server may.
  execute pg_catalog.format('alter database %I owner to %s', pg_catalog.current_database(), owner);
  -- On a real server this role is often a superuser and sets this freely.
  if pg_catalog.current_setting('server_version_num')::int >= 150000 then
    execute 'grant set on parameter session_replication_role to ' || owner;
  end if;
end $$;
