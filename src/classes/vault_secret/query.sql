-- Secrets of the vault by name; nothing else of them is read.
-- The table is named in a text that is only run where it is there and readable in full: without it the query still
-- parses, and rows that row security hides are not taken for missing ones.
-- A name of a type of somebody's own is not read: turning it into JSON calls its casts, with the rights of whoever reads.
with source as (
  select
    c.oid,
    coalesce(
      case when not has_schema_privilege(n.oid, 'usage') or not has_table_privilege(c.oid, 'select') then 'the login may not read vault.secrets' end,
      case when row_security_active(c.oid) then 'row security hides rows of vault.secrets from the login' end,
      case when not exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'name' and not a.attisdropped and a.atttypid < 16384
      ) then 'vault.secrets has no names as Supabase keeps them' end
    ) as obstacle
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'vault'
    and c.relname = 'secrets'
    and c.relkind in ('r', 'p')
),
entry as (
  select s.oid, x.position, x.entry
  from source s
  cross join lateral (
    -- Hexadecimal, because XML cannot carry every character.
    select substring(query_to_xml($sql$
      select encode(convert_to(json_agg(e.entry order by e.entry::text)::text, 'UTF8'), 'hex') as h
      from (
        select to_json(s.name) from vault.secrets s where s.name is not null
      ) e (entry)
    $sql$, false, false, '')::text from '<h>([0-9a-f]+)</h>') as text
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
  json_build_array(json_build_array(e.entry #>> '{}')) as name,
  json_build_object() as facts
from entry e
union all
select s.oid::int8, 0, 0, null, null, null, null, null, json_build_object('what', 'names of vault secrets', 'why', s.obstacle)
from source s
where s.obstacle is not null
