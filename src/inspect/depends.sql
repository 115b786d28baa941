-- Which address cannot be without which other one: pg_depend as it is, for what neither initdb nor the
-- server pinned. Rewrite rules, row types, arrays and the like are followed to their owners by the reader.
select
  d.classid::int8,
  d.objid::int8,
  d.objsubid::int4,
  d.refclassid::int8,
  d.refobjid::int8,
  d.refobjsubid::int4,
  -- What exists only as a part of something else: internal, member of an extension, a column's expression.
  d.deptype in ('i', 'e')
    or d.classid in ('pg_attrdef'::regclass, 'pg_rewrite'::regclass) and d.deptype = 'a'
    -- A loose member of an operator family.
    or d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass) and d.refclassid = 'pg_opfamily'::regclass as is_part
from pg_depend d
where d.objid >= 16384
  and d.refobjid >= 16384
  and d.deptype in ('n', 'a', 'i', 'e', 'P', 'S')
union all
-- An array or multirange goes with what it is made of, the row type with its relation.
select 'pg_type'::regclass::oid::int8, t.oid::int8, 0, 'pg_type'::regclass::oid::int8, t.typelem::int8, 0, true
from pg_type t
where t.typelem >= 16384
  and t.typlen = -1
union all
select 'pg_type'::regclass::oid::int8, t.oid::int8, 0, 'pg_class'::regclass::oid::int8, t.typrelid::int8, 0, true
from pg_type t
join pg_class c on c.oid = t.typrelid
where t.typrelid >= 16384
  and c.relkind <> 'c' -- else the type is the object
