-- What exists and has no class yet, counted, so that it is named in coverage and never silently absent.
-- Objects of extensions and of initdb are theirs.
with member as (
  select d.classid, d.objid
  from pg_depend d
  where d.deptype = 'e'
),
-- What `alter … depends on extension` says of parts that partitions have: they are no objects.
said as (
  select 'parts that depend on an extension' as what,
    (pg_identify_object(d.classid, d.objid, d.objsubid)).identity || ' ' || x.extname as name
  from pg_depend d
  join pg_extension x on d.refclassid = 'pg_extension'::regclass and x.oid = d.refobjid
  left join pg_class c on c.oid = d.objid and d.classid = 'pg_class'::regclass
  left join pg_trigger g on g.oid = d.objid and d.classid = 'pg_trigger'::regclass
  where d.deptype = 'x'
    and (c.relispartition or g.tgparentid <> 0)
),
counted as (
  -- Up to a number they are compared, see there.
  select 'large objects' as what, l.oid, 'pg_largeobject'::regclass as class from pg_largeobject_metadata l
  where (select count(*) from (select from pg_largeobject_metadata limit 1001) x) > 1000
)
select
  c.what,
  count(*)::text as number,
  -- Many of something are data, and come and go.
  case when count(*) <= 1000 then left(md5(string_agg((pg_identify_object(c.class, c.oid, 0)).identity, ' ' order by c.class, (pg_identify_object(c.class, c.oid, 0)).identity)), 8) end as hash
from counted c
left join member m on m.classid = c.class and m.objid = c.oid
where c.oid >= 16384
  and m.objid is null
group by c.what
union all
select s.what, count(*)::text, left(md5(string_agg(s.name, ' ' order by s.name collate "C")), 8)
from said s
group by s.what
order by what
