-- pgjwt: tokens are null, and none is valid.
create function _stub."pgjwt"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function @schema@.url_encode(data bytea) returns text language sql immutable as $$
      select pg_catalog.translate(pg_catalog.encode($1, 'base64'), E'+/=\n', '-_')
    $$;
    create function @schema@.url_decode(data text) returns bytea language sql immutable as $$
      select pg_catalog.decode(
        pg_catalog.rpad(pg_catalog.translate($1, '-_', '+/'), (pg_catalog.length($1) + 3) / 4 * 4, '='), 'base64')
    $$;
    create function @schema@.algorithm_sign(signables text, secret text, algorithm text) returns text
      language sql immutable as $$ select null::text $$;
    create function @schema@.sign(payload json, secret text, algorithm text default 'HS256') returns text
      language sql immutable as $$ select null::text $$;
    create function @schema@.verify(token text, secret text, algorithm text default 'HS256')
      returns table (header json, payload json, valid boolean)
      language sql immutable as $$ select null::json, null::json, false $$;
    create function @schema@.try_cast_double(inp text) returns float8
      language sql immutable as $$ select null::float8 $$;
  $script$, sch);
  perform _stub.register('pgjwt', sch, '0.2.0');
end $stub$;
