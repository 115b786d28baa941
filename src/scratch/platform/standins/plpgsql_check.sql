-- plpgsql_check: finds nothing.
create function _stub."plpgsql_check"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function @schema@.plpgsql_check_function(
      funcoid regprocedure, relid regclass default 0, format text default 'text', fatal_errors boolean default true,
      other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true)
      returns setof text language sql as $$ select null::text where false $$;
    create function @schema@.plpgsql_check_function(
      name text, relid regclass default 0, format text default 'text', fatal_errors boolean default true,
      other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true)
      returns setof text language sql as $$ select null::text where false $$;
    create function @schema@.plpgsql_check_function_tb(
      funcoid regprocedure, relid regclass default 0, fatal_errors boolean default true,
      other_warnings boolean default true, performance_warnings boolean default false, extra_warnings boolean default true)
      returns table (
        functionid regproc, lineno integer, statement text, sqlstate text, message text, detail text, hint text, level text,
        "position" integer, query text, context text)
      language sql as $$
        select null::regproc, null::integer, null::text, null::text, null::text, null::text, null::text, null::text,
          null::integer, null::text, null::text
        where false
      $$;
  $script$, sch);
  perform _stub.register('plpgsql_check', sch, '2.7');
end $stub$;
