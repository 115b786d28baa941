declare
  -- Between these stand arguments without a name, which Postgres prints all alike.
  pieces text[] := array[
    {pieces}
  ];
  arguments int[] := {arguments};
  places int := cardinality(pieces) - 1;
  guess int[] := {guess};
  text text;
  problem text;
begin
  for way in -1..cardinality(arguments) ^ places - 1 loop
    text := pieces[1];
    for place in 1..places loop
      text := text || '$' || case way
        when -1 then guess[place]
        else arguments[1 + way / (cardinality(arguments) ^ (place - 1))::int % cardinality(arguments)]
      end || pieces[place + 1];
    end loop;
    begin
      execute text;
      if {used} = array(
        select part[1]::int
        from pg_proc
        cross join regexp_matches(prosqlbody::text, '{{PARAM :paramkind 0 :paramid (\d+) ', 'g') with ordinality x (part, position)
        where oid = to_regprocedure({path})
        order by position
      ) then
        return;
      end if;
      raise exception 'its body uses its arguments in another order';
    exception
      when others then problem := sqlerrm;
    end;
  end loop;
  raise exception 'no way to use the arguments of % gives its body', {path} using detail = problem;
end