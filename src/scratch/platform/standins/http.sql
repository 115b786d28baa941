-- http: synchronous requests. Every answer is null: a replay must not reach anybody.
-- `http_list_curlopt` is always empty.
create function _stub."http"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create domain @schema@.http_method as text;
    create domain @schema@.content_type as text check (value ~ '^\S+/\S+');
    create type @schema@.http_header as (field varchar, value varchar);
    create type @schema@.http_request as (
      method @schema@.http_method, uri varchar, headers @schema@.http_header[], content_type varchar, content varchar);
    create type @schema@.http_response as (
      status integer, content_type varchar, headers @schema@.http_header[], content varchar);
    create function @schema@.http(request @schema@.http_request) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_get(uri varchar) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_get(uri varchar, data jsonb) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_post(uri varchar, content varchar, content_type varchar)
      returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_post(uri varchar, data jsonb) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_put(uri varchar, content varchar, content_type varchar)
      returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_patch(uri varchar, content varchar, content_type varchar)
      returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_delete(uri varchar) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_delete(uri varchar, content varchar, content_type varchar)
      returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_head(uri varchar) returns @schema@.http_response language sql as
      $$ select null::@schema@.http_response $$;
    create function @schema@.http_header(field varchar, value varchar) returns @schema@.http_header language sql as
      $$ select $1, $2 $$;
    create function @schema@.http_headers(variadic args text[]) returns @schema@.http_header[] language sql as
      $$ select null::@schema@.http_header[] $$;
    create function @schema@.http_set_curlopt(curlopt varchar, value varchar) returns boolean language sql as
      $$ select true $$;
    create function @schema@.http_reset_curlopt() returns boolean language sql as
      $$ select true $$;
    create function @schema@.http_list_curlopt() returns table (curlopt text, value text) language sql as
      $$ select null::text, null::text where false $$;
    create function @schema@.urlencode(string varchar) returns text language sql immutable as
      $$ select $1::text $$;
    create function @schema@.urlencode(string bytea) returns text language sql immutable as
      $$ select pg_catalog.encode($1, 'escape') $$;
    create function @schema@.urlencode(data jsonb) returns text language sql immutable as
      $$ select $1::text $$;
    create function @schema@.bytea_to_text(data bytea) returns text language sql stable as
      $$ select pg_catalog.convert_from($1, 'UTF8') $$;
    create function @schema@.text_to_bytea(data text) returns bytea language sql stable as
      $$ select pg_catalog.convert_to($1, 'UTF8') $$;
  $script$, sch);
  perform _stub.register('http', sch, '1.6');
end $stub$;
