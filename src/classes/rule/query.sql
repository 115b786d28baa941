-- Rules; the one that makes a view a view is the view's.
select
  'pg_rewrite'::regclass::oid::int8 as class_oid,
  r.oid::int8 as object_oid,
  0 as sub_id,
  'pg_class'::regclass::oid::int8 as parent_class_oid,
  c.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname, r.rulename)) as name,
  json_build_object(
    'definition', regexp_replace(pg_get_ruledef(r.oid), ';\s*$', ''),
    'enabled', case r.ev_enabled when 'O' then 'origin' when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
  ) as facts
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'
  and r.oid >= 16384
  and c.relpersistence <> 't'
