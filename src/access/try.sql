-- Tries statements one by one, each in a subtransaction that is rolled back, and says what came of it.
-- A probe: {"settings": {name: value}, "before": [sql as ourselves], "role", "path", "sql", "check": sql as ourselves | null}.
-- `sql` gives one text or nothing; `check` gives one text.
create function _pgpact_access.try(probes jsonb)
returns table (state text, message text, detail text, affected bigint, given text, checked text)
language plpgsql set search_path = pg_catalog as $try$
declare
  probe jsonb;
  setting record;
  preparation text;
  role text;
  path text;
  statement text;
  question text;
  is_prepared boolean;
begin
  for probe in select value from jsonb_array_elements(probes) loop
    is_prepared := false; state := '00000'; message := null; detail := null; affected := null; given := null; checked := null;
    role := probe ->> 'role';
    path := probe ->> 'path';
    statement := probe ->> 'sql';
    question := probe ->> 'check';
    begin
      for preparation in select value from jsonb_array_elements_text(probe -> 'before') loop
        execute preparation;
      end loop;
      is_prepared := true;
      for setting in select key, value from jsonb_each_text(probe -> 'settings') loop
        perform set_config(setting.key, setting.value, true);
      end loop;
      perform set_config('search_path', path, true), set_config('role', role, true);
      if (probe ->> 'reads')::boolean then
        execute statement into given;
        affected := case when given is null then 0 else 1 end;
      else
        execute statement;
        get diagnostics affected = row_count;
      end if;
      set constraints all immediate;
      perform pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('search_path', 'pg_catalog', true);
      if question is not null then
        execute question into checked;
      end if;
      raise exception using errcode = 'PGPA0';
    exception when others then
      if sqlstate <> 'PGPA0' then
        get stacked diagnostics state = returned_sqlstate, message = message_text, detail = pg_exception_detail;
        -- Not the actor's doing.
        state := case when is_prepared then state else 'PGPA1' end;
      end if;
    end;
    return next;
  end loop;
end $try$;

-- Whether texts are values of types, domains' checks included: [[type, text] | null] in, one truth each out.
create function _pgpact_access.valid(asked jsonb) returns boolean[]
language plpgsql set search_path = pg_catalog as $valid$
declare
  pair jsonb;
  answers boolean[] := '{}';
begin
  for pair in select value from jsonb_array_elements(asked) loop
    begin
      if jsonb_typeof(pair) = 'array' then
        execute format('select cast(%L as %s)', pair ->> 1, pair ->> 0);
      end if;
      answers := answers || true;
    exception when others then
      answers := answers || false;
    end;
  end loop;
  return answers;
end $valid$;
