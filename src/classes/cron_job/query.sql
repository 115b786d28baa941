-- Jobs of pg_cron, which are rows. One without a name is known by what it runs and when.
-- The table is named in a text that is only run where it is there and readable in full: without it the query still
-- parses, and rows that row security hides are not taken for missing ones.
-- Only columns of built-in types are read, by name: turning a value of a type of somebody's own into JSON calls its casts, with
-- the rights of whoever reads.
with source as (
  select
    c.oid,
    coalesce(
      case when not has_schema_privilege(n.oid, 'usage') or not has_table_privilege(c.oid, 'select') then 'the login may not read cron.job' end,
      case when row_security_active(c.oid) then 'row security hides rows of cron.job from the login' end,
      case when (
        select count(*) from pg_attribute a
        where a.attrelid = c.oid and a.attname in ('schedule', 'command') and not a.attisdropped and a.atttypid < 16384
      ) < 2 then 'cron.job has no schedule and command as pg_cron keeps them' end
    ) as obstacle
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'cron'
    and c.relname = 'job'
    and c.relkind in ('r', 'p')
),
entry as (
  select s.oid, x.position, x.entry
  from source s
  cross join lateral (
    -- Hexadecimal, because XML cannot carry every character.
    select substring(query_to_xml(format($sql$
      select encode(convert_to(json_agg(e.entry order by e.entry::text)::text, 'UTF8'), 'hex') as h
      from (
        select json_build_object(
          'name', j.job ->> 'jobname',
          'schedule', j.job ->> 'schedule',
          'command', j.job ->> 'command',
          'database', nullif(j.job ->> 'database', current_database()),
          'role', j.job ->> 'username',
          'active', coalesce((j.job ->> 'active')::boolean, true),
          'is_ambiguous', count(*) over (partition by j.job ->> 'jobname') > 1
        )
        from (select jsonb_build_object(%s) from cron.job x) j (job)
      ) e (entry)
    $sql$, (
      select string_agg(format('%L, x.%I', a.attname, a.attname), ', ' order by a.attname)
      from pg_attribute a
      where a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped and a.atttypid < 16384
        and a.attname in ('jobname', 'schedule', 'command', 'database', 'username', 'active')
    )), false, false, '')::text from '<h>([0-9a-f]+)</h>') as text
    where s.obstacle is null
  ) h
  cross join lateral json_array_elements(convert_from(decode(h.text, 'hex'), 'UTF8')::json) with ordinality x (entry, position)
)
select
  e.oid::int8 as class_oid,
  e.position::int8 as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  case
    when e.entry ->> 'name' is null then json_build_array('(unnamed ' || left(md5((e.entry ->> 'schedule') || (e.entry ->> 'command')), 8) || ')')
    when (e.entry ->> 'is_ambiguous')::boolean then json_build_array(json_build_array(e.entry ->> 'name'), ' of ', json_build_array(e.entry ->> 'role'))
    else json_build_array(json_build_array(e.entry ->> 'name'))
  end as name,
  json_build_object(
    'schedule', e.entry -> 'schedule',
    'command', e.entry -> 'command',
    'database', e.entry -> 'database',
    'role', e.entry -> 'role',
    'active', e.entry -> 'active'
  ) as facts
from entry e
union all
select s.oid::int8, 0, 0, null, null, null, null, null, json_build_object('what', 'cron jobs', 'why', s.obstacle)
from source s
where s.obstacle is not null
