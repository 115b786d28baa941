-- pgsodium: the key table and a few functions that old vault migrations name. No cryptography.
create function _stub."pgsodium"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create type pgsodium.key_status as enum ('default', 'valid', 'invalid', 'expired');
    create type pgsodium.key_type as enum (
      'aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox',
      'secretstream', 'stream_xchacha20');
    create sequence pgsodium.key_key_id_seq;
    create table pgsodium.key (
      id uuid not null default pg_catalog.gen_random_uuid() primary key,
      status pgsodium.key_status default 'valid',
      created timestamptz not null default now(),
      expires timestamptz,
      key_type pgsodium.key_type,
      key_id bigint default pg_catalog.nextval('pgsodium.key_key_id_seq'),
      key_context bytea default '\x7067736f6469756d',
      name text unique,
      associated_data text default 'associated',
      raw_key bytea,
      raw_key_nonce bytea,
      parent_key uuid references pgsodium.key(id),
      comment text,
      user_data text
    );
    create view pgsodium.valid_key as
      select id, name, status, key_type, key_id, key_context, created, expires, associated_data from pgsodium.key;
    create function pgsodium.create_key(
      key_type pgsodium.key_type default 'aead-det', name text default null, raw_key bytea default null,
      raw_key_nonce bytea default null, parent_key uuid default null, key_context bytea default '\x7067736f6469756d',
      expires timestamptz default null, associated_data text default '')
      returns pgsodium.valid_key language sql as $$
        with made as (
          insert into pgsodium.key (key_type, name, expires, associated_data) values ($1, $2, $7, $8) returning *)
        select id, name, status, key_type, key_id, key_context, created, expires, associated_data from made
      $$;
    create function pgsodium.randombytes_buf(size integer) returns bytea language sql as $$
      select pg_catalog.decode(pg_catalog.repeat('00', $1), 'hex')
    $$;
    create function pgsodium.crypto_aead_det_encrypt(
      message bytea, additional bytea, key_uuid uuid, nonce bytea default null)
      returns bytea language sql as $$ select $1 $$;
    create function pgsodium.crypto_aead_det_decrypt(
      message bytea, additional bytea, key_uuid uuid, nonce bytea default null)
      returns bytea language sql as $$ select $1 $$;
    grant usage on schema pgsodium to @owner@;
    grant all on all tables in schema pgsodium to @owner@;
    grant all on all sequences in schema pgsodium to @owner@;
  $script$, sch);
  perform _stub.register('pgsodium', sch, '3.1.8');
end $stub$;
