-- Sequences, those of serial and identity columns included: they have options and grants of their own.
select
  'pg_class'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  coalesce(o.refclassid, 'pg_namespace'::regclass)::oid::int8 as parent_class_oid,
  coalesce(o.refobjid, n.oid)::int8 as parent_object_oid,
  coalesce(o.refobjsubid, 0) as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.relname)) as name,
  -- Quicker than an object built of as many names and values.
  (select row_to_json(f) from (select
    format_type(s.seqtypid, null) as type,
    s.seqstart as start,
    s.seqincrement as increment,
    s.seqmin as min,
    s.seqmax as max,
    s.seqcache as cache,
    s.seqcycle as cycle,
    case c.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' end as persistence, -- since 15
    case when o.objid is not null then json_build_array(tn.nspname, tc.relname, ta.attname) end as owned_by
  ) f) as facts
from pg_class c
join pg_sequence s on s.seqrelid = c.oid
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend o
  on o.classid = 'pg_class'::regclass
  and o.objid = c.oid
  and o.refclassid = 'pg_class'::regclass
  and o.refobjsubid > 0
  and o.deptype in ('a', 'i') -- owned by a column, internal to an identity column
left join pg_class tc on tc.oid = o.refobjid
left join pg_namespace tn on tn.oid = tc.relnamespace
left join pg_attribute ta on ta.attrelid = o.refobjid and ta.attnum = o.refobjsubid
left join pg_depend e
  on e.classid = 'pg_class'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.relkind = 'S' -- sequence
  and c.relpersistence <> 't'
  and c.oid >= 16384
  and e.objid is null
