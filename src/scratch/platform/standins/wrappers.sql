-- wrappers: only its name. Its handlers are compiled, and `create foreign data wrapper … handler` is the superuser's anyway.
create function _stub."wrappers"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.register('wrappers', sch, '0.5.0');
end $stub$;
