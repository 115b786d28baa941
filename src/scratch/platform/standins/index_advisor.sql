-- index_advisor: gives no advice. Real ones also ask for hypopg; nothing here does.
create function _stub."index_advisor"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function @schema@.index_advisor(query text)
      returns table (
        startup_cost_before jsonb, startup_cost_after jsonb, total_cost_before jsonb, total_cost_after jsonb,
        index_statements text[], errors text[])
      language sql as $$ select null::jsonb, null::jsonb, null::jsonb, null::jsonb, '{}'::text[], '{}'::text[] $$;
  $script$, sch);
  perform _stub.register('index_advisor', sch, '0.2.0');
end $stub$;
