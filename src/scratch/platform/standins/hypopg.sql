-- hypopg: hypothetical indexes, of which there are none.
create function _stub."hypopg"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create function @schema@.hypopg_create_index(sql_order text, out indexrelid oid, out indexname text)
      returns setof record language sql as $$ select null::oid, null::text where false $$;
    create function @schema@.hypopg_drop_index(indexid oid) returns boolean language sql as $$ select false $$;
    create function @schema@.hypopg_reset() returns void language sql as $$ select $$;
    create function @schema@.hypopg_relation_size(indexid oid) returns bigint language sql as $$ select 0::bigint $$;
    create view @schema@.hypopg_list_indexes as
      select null::oid as indexrelid, null::text as index_name, null::name as schema_name, null::name as table_name,
        null::name as am_name
      where false;
    grant select on @schema@.hypopg_list_indexes to public;
  $script$, sch);
  perform _stub.register('hypopg', sch, '1.4.1');
end $stub$;
