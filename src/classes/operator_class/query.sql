-- Operator classes, with the operators and functions that they hold.
-- asked where there are: pg_opclass where oid >= 16384
with member as (
  -- Whether a member hangs on its class or on the family alone differs by major and by how it was added.
  -- Where it stands to reason, the operand type decides; only index methods of others go by pg_depend.
  select
    'pg_amop'::regclass as kind,
    o.oid,
    o.amopfamily as family,
    o.amoplefttype as left_type,
    o.amoprighttype as right_type,
    o.amopmethod as method
  from pg_amop o
  union all
  select 'pg_amproc'::regclass, p.oid, p.amprocfamily, p.amproclefttype, p.amprocrighttype, f.opfmethod
  from pg_amproc p
  join pg_opfamily f on f.oid = p.amprocfamily
),
homed as (
  select
    m.kind,
    m.oid,
    m.family,
    (
      select c.oid
      from pg_opclass c
      join pg_am a on a.oid = c.opcmethod
      left join pg_depend d
        on d.classid = m.kind
        and d.objid = m.oid
        and d.refclassid = 'pg_opclass'::regclass
        and d.refobjid = c.oid
        and d.deptype = 'i'
      where c.opcfamily = m.family
        and case
          when a.amname in ('btree', 'hash') then c.opcintype = m.left_type and c.opcintype = m.right_type
          when a.amname in ('gist', 'gin', 'spgist') then c.opcintype = m.left_type
          else d.objid is not null
        end
      order by d.objid is null, c.opcname
      limit 1
    ) as class
  from member m
  where m.family >= 16384
    or m.oid >= 16384
)
select
  'pg_opclass'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.opcname), ' using ', json_build_array(a.amname)) as name,
  json_build_object(
    'type', format_type(c.opcintype, null),
    'default', c.opcdefault,
    'family', json_build_array(fn.nspname, f.opfname),
    'storage', case when c.opckeytype <> 0 then format_type(c.opckeytype, null) end,
    'operators', (
      select json_object_agg(
        o.amopstrategy || ' (' || format_type(o.amoplefttype, null) || ', ' || format_type(o.amoprighttype, null) || ')',
        json_build_array(
          json_build_array(rn.nspname),
          '.' || r.oprname || '(' || format_type(o.amoplefttype, null) || ', ' || format_type(o.amoprighttype, null) || ')',
          case when s.oid is not null then ' for order by ' else '' end,
          case when s.oid is not null then json_build_array(sn.nspname, s.opfname) else '[]'::json end
        )
      )
      from homed h
      join pg_amop o on o.oid = h.oid
      join pg_operator r on r.oid = o.amopopr
      join pg_namespace rn on rn.oid = r.oprnamespace
      left join pg_opfamily s on s.oid = o.amopsortfamily
      left join pg_namespace sn on sn.oid = s.opfnamespace
      where h.kind = 'pg_amop'::regclass
        and h.class = c.oid
    ),
    'functions', (
      select json_object_agg(
        o.amprocnum || ' (' || format_type(o.amproclefttype, null) || ', ' || format_type(o.amprocrighttype, null) || ')',
        json_build_array(json_build_array(pn.nspname, p.proname), '(' || coalesce((
          select string_agg(format_type(x.type, null), ', ' order by x.position)
          from unnest(p.proargtypes) with ordinality x (type, position)
        ), '') || ')')
      )
      from homed h
      join pg_amproc o on o.oid = h.oid
      join pg_proc p on p.oid = o.amproc
      join pg_namespace pn on pn.oid = p.pronamespace
      where h.kind = 'pg_amproc'::regclass
        and h.class = c.oid
    )
  ) as facts
from pg_opclass c
join pg_namespace n on n.oid = c.opcnamespace
join pg_am a on a.oid = c.opcmethod
join pg_opfamily f on f.oid = c.opcfamily
join pg_namespace fn on fn.oid = f.opfnamespace
left join pg_depend e
  on e.classid = 'pg_opclass'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
