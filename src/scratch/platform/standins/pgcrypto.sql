-- pgcrypto, for servers built without it. Signatures are right, results are not: nothing is encrypted, every digest is
-- sha256, and a password hash only matches itself here.
create function _stub."pgcrypto"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function @schema@.digest(text, text) returns bytea language sql immutable strict parallel safe as
      $$ select pg_catalog.sha256(pg_catalog.convert_to($1, 'UTF8')) $$;
    create function @schema@.hmac(text, text, text) returns bytea language sql immutable strict parallel safe as
      $$ select pg_catalog.sha256(pg_catalog.convert_to($2 || $1, 'UTF8')) $$;
    create function @schema@.digest(bytea, text) returns bytea language sql immutable strict parallel safe as
      $$ select pg_catalog.sha256($1) $$;
    create function @schema@.hmac(bytea, bytea, text) returns bytea language sql immutable strict parallel safe as
      $$ select pg_catalog.sha256($2 || $1) $$;
    create function @schema@.crypt(text, text) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.substr($2, 1, 7) || pg_catalog.md5($1) $$;
    create function @schema@.gen_salt(text) returns text language sql volatile strict parallel safe as
      $$ select '$2a$06$'::text $$;
    create function @schema@.gen_salt(text, integer) returns text language sql volatile strict parallel safe as
      $$ select '$2a$06$'::text $$;
    create function @schema@.gen_random_bytes(integer) returns bytea language sql volatile strict parallel safe as $$
      select pg_catalog.substr(pg_catalog.decode(pg_catalog.string_agg(
        pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''), ''), 'hex'), 1, $1)
      from pg_catalog.generate_series(0, $1 / 16)
    $$;
    create function @schema@.gen_random_uuid() returns uuid language sql volatile parallel safe as
      $$ select pg_catalog.gen_random_uuid() $$;
    create function @schema@.encrypt(bytea, bytea, text) returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.encrypt_iv(bytea, bytea, bytea, text)
      returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.decrypt(bytea, bytea, text) returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.decrypt_iv(bytea, bytea, bytea, text)
      returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_sym_encrypt(text, text) returns bytea language sql volatile strict parallel safe as
      $$ select pg_catalog.convert_to($1, 'UTF8') $$;
    create function @schema@.pgp_sym_encrypt(text, text, text) returns bytea language sql volatile strict parallel safe as
      $$ select pg_catalog.convert_to($1, 'UTF8') $$;
    create function @schema@.pgp_sym_encrypt_bytea(bytea, text) returns bytea language sql volatile strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_sym_encrypt_bytea(bytea, text, text)
      returns bytea language sql volatile strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_sym_decrypt(bytea, text) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.pgp_sym_decrypt(bytea, text, text) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.pgp_sym_decrypt_bytea(bytea, text) returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_sym_decrypt_bytea(bytea, text, text)
      returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_pub_encrypt(text, bytea) returns bytea language sql volatile strict parallel safe as
      $$ select pg_catalog.convert_to($1, 'UTF8') $$;
    create function @schema@.pgp_pub_encrypt(text, bytea, text) returns bytea language sql volatile strict parallel safe as
      $$ select pg_catalog.convert_to($1, 'UTF8') $$;
    create function @schema@.pgp_pub_encrypt_bytea(bytea, bytea) returns bytea language sql volatile strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_pub_encrypt_bytea(bytea, bytea, text)
      returns bytea language sql volatile strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_pub_decrypt(bytea, bytea) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.pgp_pub_decrypt(bytea, bytea, text) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.pgp_pub_decrypt(bytea, bytea, text, text)
      returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.pgp_pub_decrypt_bytea(bytea, bytea) returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_pub_decrypt_bytea(bytea, bytea, text)
      returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.pgp_pub_decrypt_bytea(bytea, bytea, text, text)
      returns bytea language sql immutable strict parallel safe as
      $$ select $1 $$;
    create function @schema@.armor(bytea) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.encode($1, 'base64') $$;
    create function @schema@.armor(bytea, text[], text[]) returns text language sql immutable strict parallel safe as
      $$ select pg_catalog.encode($1, 'base64') $$;
    create function @schema@.dearmor(text) returns bytea language sql immutable strict parallel safe as
      $$ select pg_catalog.decode($1, 'base64') $$;
    create function @schema@.pgp_key_id(bytea) returns text language sql immutable strict parallel safe as
      $$ select 'ANYKEY'::text $$;
  $script$, sch);
  perform _stub.register('pgcrypto', sch, '1.3');
end $stub$;
