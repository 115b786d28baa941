-- Casts. They are in no schema: the first that is not the server's, of their types or else of their function, says whose they are.
-- asked where there are: pg_cast where oid >= 16384
select
  'pg_cast'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  coalesce(nullif(sn.nspname, 'pg_catalog'), nullif(tn.nspname, 'pg_catalog'), nullif(pn.nspname, 'pg_catalog')) as schema_name,
  json_build_array('(' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')') as name,
  json_build_object(
    'method', case c.castmethod when 'f' then 'function' when 'b' then 'binary' when 'i' then 'inout' end,
    'function', case when p.oid is not null then json_build_array(json_build_array(pn.nspname, p.proname), '(' || (
      select string_agg(format_type(x.type, null), ', ' order by x.position)
      from unnest(p.proargtypes) with ordinality x (type, position)
    ) || ')') end,
    'context', case c.castcontext when 'e' then 'explicit' when 'a' then 'assignment' when 'i' then 'implicit' end
  ) as facts
from pg_cast c
join pg_type s on s.oid = c.castsource
join pg_namespace sn on sn.oid = s.typnamespace
join pg_type t on t.oid = c.casttarget
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_proc p on p.oid = c.castfunc
left join pg_namespace pn on pn.oid = p.pronamespace
left join pg_depend e
  on e.classid = 'pg_cast'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and sn.nspname !~ '^pg_(temp|toast)'
  and tn.nspname !~ '^pg_(temp|toast)'
  and not exists (select from pg_depend i where i.classid = 'pg_cast'::regclass and i.objid = c.oid and i.deptype = 'i') -- comes with a range type
  and e.objid is null
