-- Base types, and shells: names without a type yet. Arrays are types of their own in the catalog and belong to their element.
select
  'pg_type'::regclass::oid::int8 as class_oid,
  t.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, t.typname)) as name,
  json_build_object(
    'defined', t.typisdefined,
    'input', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typinput),
    'output', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typoutput),
    'receive', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typreceive),
    'send', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typsend),
    'typmod_in', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typmodin),
    'typmod_out', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typmodout),
    'analyze', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typanalyze),
    -- What a type with elements gets by default is not said, so that older servers agree.
    'subscript', (select json_build_array(fn.nspname, f.proname) from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = t.typsubscript and f.proname <> 'raw_array_subscript_handler'), -- since 14
    'length', t.typlen,
    'by_value', t.typbyval,
    'alignment', case t.typalign when 'c' then 'char' when 's' then 'int2' when 'i' then 'int4' when 'd' then 'double' end,
    'storage', case t.typstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' when 'x' then 'extended' end,
    'category', t.typcategory,
    'preferred', t.typispreferred,
    'default', t.typdefault,
    'element', case when t.typelem <> 0 then format_type(t.typelem, null) end,
    'delimiter', t.typdelim,
    'collatable', t.typcollation <> 0
  ) as facts
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join pg_depend e
  on e.classid = 'pg_type'::regclass
  and e.objid = t.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where t.oid >= 16384
  and (t.typtype = 'b' or t.typtype = 'p' and not t.typisdefined) -- base, or a shell
  and t.oid is distinct from (select x.typarray from pg_type x where x.oid = t.typelem)
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
