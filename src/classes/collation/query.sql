-- Collations. Where the locale of an ICU collation is kept differs by major; the version of the library is the environment's.
-- asked where there are: pg_collation where oid >= 16384
select
  'pg_collation'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.collname)) as name,
  json_build_object(
    'provider', case c.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
    'locale', case when c.collprovider <> 'c' then coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate) end,
    'collate', case when c.collprovider = 'c' then c.collcollate end,
    'ctype', case when c.collprovider = 'c' then c.collctype end,
    'rules', to_jsonb(c) ->> 'collicurules',
    'deterministic', c.collisdeterministic
  ) as facts
from pg_collation c
join pg_namespace n on n.oid = c.collnamespace
left join pg_depend e
  on e.classid = 'pg_collation'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
