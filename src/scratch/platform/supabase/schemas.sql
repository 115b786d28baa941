-- Schemas of a Supabase project. Everything in them is the platform's and left out of the comparison.
create schema extensions authorization postgres;
create schema auth authorization supabase_admin;
create schema storage authorization supabase_admin;
create schema realtime authorization supabase_admin;
create schema _realtime authorization supabase_admin;
create schema graphql authorization supabase_admin;
create schema graphql_public authorization supabase_admin;
create schema vault authorization supabase_admin;
create schema pgbouncer authorization pgbouncer;
create schema pgsodium authorization supabase_admin;
create schema pgsodium_masks authorization supabase_admin;
create schema supabase_functions authorization supabase_admin;
create schema supabase_migrations authorization postgres;

-- The ledger of the Supabase CLI; some migrations read it or repair it.
create table supabase_migrations.schema_migrations (
  version text not null primary key,
  statements text[],
  name text
);
create table supabase_migrations.seed_files (
  path text not null primary key,
  hash text not null
);
alter table supabase_migrations.schema_migrations owner to postgres;
alter table supabase_migrations.seed_files owner to postgres;

-- Migrations add their tables to it; some ask for its existence first.
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
