-- Functions of some names: where each is from, and its code where that can be read.
select
  p.proname::text,
  n.nspname::text,
  case
    when n.nspname = 'pg_catalog' then 'server'
    when e.extname is not null then 'extension ' || e.extname
    when p.prokind not in ('f', 'p', 'w') then 'aggregate'
    else l.lanname
  end,
  p.provolatile::text,
  case
    when n.nspname = 'pg_catalog' or l.lanname not in ('sql', 'plpgsql') or p.prokind not in ('f', 'p', 'w') then null
    -- A parsed body has no source text.
    when p.prosrc <> '' then p.prosrc
    else regexp_replace(pg_get_functiondef(p.oid), '^.*?(BEGIN ATOMIC|\nRETURN )', '')
  end
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
left join pg_depend d
  on d.classid = 'pg_proc'::regclass
  and d.objid = p.oid
  and d.deptype = 'e' -- member of an extension
left join pg_extension e on e.oid = d.refobjid
where p.proname = any ({names})
