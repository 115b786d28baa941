-- Views. Options that decide whose rights apply are facts of their own; a boolean may be spelled in six ways.
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    pg_get_viewdef(c.oid) as definition,
    coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false) as security_invoker,
    coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_barrier'), false) as security_barrier,
    (select o.option_value from pg_options_to_table(c.reloptions) o where o.option_name = 'check_option') as check_option,
    ( -- what may only grow at its end when the view is replaced
      select json_agg(
        quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attcollation <> t.typcollation then ' collate ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) else '' end
        order by a.attnum)
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      left join pg_collation co on co.oid = a.attcollation
      left join pg_namespace cn on cn.oid = co.collnamespace
      where a.attrelid = c.oid
        and a.attnum > 0
    ) as columns
  ) f) as facts
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.relkind = 'v' -- view
  and c.relpersistence <> 't'
  and c.oid >= 16384
  and e.objid is null
