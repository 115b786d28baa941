-- Vault: secrets, kept in the clear, since there are none here but what a migration writes.
create function _stub."supabase_vault"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create table vault.secrets (
      id uuid not null default pg_catalog.gen_random_uuid() primary key,
      name text,
      description text not null default '',
      secret text not null,
      key_id uuid,
      nonce bytea,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create unique index secrets_name_idx on vault.secrets (name) where name is not null;
    create view vault.decrypted_secrets as
      select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
      from vault.secrets;
    create function vault.create_secret(
      new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null)
    returns uuid language sql as $$
      insert into vault.secrets (secret, name, description, key_id) values ($1, $2, $3, $4) returning id
    $$;
    create function vault.update_secret(
      secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
      new_key_id uuid default null)
    returns void language sql as $$
      update vault.secrets as s
      set secret = coalesce($2, s.secret), name = coalesce($3, s.name), description = coalesce($4, s.description),
          key_id = coalesce($5, s.key_id), updated_at = pg_catalog.now()
      where s.id = $1
    $$;
    grant usage on schema vault to @owner@ with grant option;
    grant all on all tables in schema vault to @owner@ with grant option;
    revoke all on all functions in schema vault from public;
    grant all on all functions in schema vault to @owner@ with grant option;
  $script$, sch);
  perform _stub.allow('usage on schema vault', 'service_role');
  perform _stub.allow('select, delete on vault.secrets, vault.decrypted_secrets', 'service_role');
  perform _stub.allow('execute on all functions in schema vault', 'service_role');
  perform _stub.register('supabase_vault', sch, '0.3.1');
end $stub$;
