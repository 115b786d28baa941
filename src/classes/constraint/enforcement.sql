declare
  t record;
  shall_be_off boolean;
begin
  foreach shall_be_off in array array[false, true] loop
    for t in
      with recursive part as (
        select oid from pg_constraint where conrelid = to_regclass({table}) and conname = {name}
        union all
        select k.oid from part join pg_constraint k on k.conparentid = part.oid
      )
      select g.tgrelid::regclass as relation, g.tgname
      from pg_trigger g
      join part k on k.oid = g.tgconstraint
      where (g.tgenabled in ('D', 'R')) <> shall_be_off
        and ({shall_be_off}) = shall_be_off
    loop
      execute format('alter table only %s %s trigger %I', t.relation, case when shall_be_off then 'disable' else 'enable' end, t.tgname);
    end loop;
  end loop;
end