-- pgtap: only its name. Tests are not part of a schema.
create function _stub."pgtap"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.register('pgtap', sch, '1.3.3');
end $stub$;
