-- For a project whose new objects in public are not reachable through the API until a migration grants it
-- (`api.auto_expose_new_tables = false`; the meaning of leaving it out changed on 30 May 2026, and the platform moved
-- existing projects over on 30 October 2026: supabase/cli pull requests 5239 and 5524, supabase changelog 45329).
-- This is what the studio revokes and the CLI repeats: reading and writing only. Truncate, references and trigger stay with
-- the three roles, and functions stay executable through the grant to everybody that Postgres itself makes.
alter default privileges for role postgres in schema public
  revoke select, insert, update, delete on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke execute on functions from anon, authenticated, service_role;
