-- Constraints of tables and domains. Not null is a fact of the column: Postgres 18 catalogues it here as well.
-- What columns of the catalog say is read from them; only expressions are deparsed.
-- `offset 0` has each column looked up by its number, where the planner would read all of its table's.
with recursive part as (
  select k.oid, k.oid as top
  from pg_constraint k
  where k.conparentid = 0
    and k.contype in ('f', 'p', 'u', 'x')
  union all
  select k.oid, p.top
  from part p
  join pg_constraint k on k.conparentid = p.oid
),
switched_off as (
  -- Foreign keys and deferrable keys are held by triggers of their own. A superuser can disable those,
  -- and the constraint still calls itself valid.
  select distinct p.top
  from part p
  join pg_trigger g on g.tgconstraint = p.oid
  where g.tgisinternal
    and g.tgenabled in ('D', 'R') -- disabled, or for replicas only
)
select
  'pg_constraint'::regclass::oid::int8 as class_oid,
  k.oid::int8 as object_oid,
  0 as sub_id,
  case when k.contypid <> 0 then 'pg_type'::regclass else 'pg_class'::regclass end::oid::int8 as parent_class_oid,
  case when k.contypid <> 0 then k.contypid else k.conrelid end::int8 as parent_object_oid,
  0 as parent_sub_id,
  coalesce(n.nspname, tn.nspname) as schema_name,
  json_build_array(json_build_array(coalesce(n.nspname, tn.nspname), coalesce(c.relname, t.typname), k.conname)) as name,
  -- Most have few facts, and one that is not there is null.
  case
    when rare is null and referring is null then row_to_json(usual)
    when rare is null then (select row_to_json(f) from (select usual.*, referring.*) f)
    else (select row_to_json(f) from (select usual.*, referring.*, rare.*) f)
  end as facts
from pg_constraint k
left join pg_class c on c.oid = k.conrelid
left join pg_namespace n on n.oid = c.relnamespace
left join pg_type t on t.oid = k.contypid
left join pg_namespace tn on tn.oid = t.typnamespace
left join pg_class f on f.oid = k.confrelid
left join pg_namespace fn on fn.oid = f.relnamespace
left join switched_off s on s.top = k.oid
left join pg_index i on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x') -- a foreign key names the index it refers to
left join pg_class ic on ic.oid = i.indexrelid
left join pg_tablespace ts on ts.oid = ic.reltablespace
cross join lateral (
  select
    case k.contype
      when 'c' then 'check'
      when 'f' then 'foreign key'
      when 'p' then 'primary key'
      when 'u' then 'unique'
      when 'x' then 'exclusion'
    end as kind,
    case when k.contype in ('f', 'p', 'u') then case
      when cardinality(k.conkey) = 1 then ( -- most are, and nothing has to be sorted
        select json_build_array(a.attname) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1]
      )
      else (
        select json_agg(a.attname order by x.position)
        from unnest(k.conkey) with ordinality x (attnum, position)
        cross join lateral (select a.attname from pg_attribute a where a.attrelid = k.conrelid and a.attnum = x.attnum offset 0) a
      )
    end end as columns,
    case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end as expression,
    k.condeferrable as deferrable,
    k.condeferred as initially_deferred,
    k.convalidated as validated,
    true
      and k.conenforced -- since 18
      and s.top is null as enforced,
    k.contype = 'c' and k.connoinherit as no_inherit
) usual
cross join lateral (
  select
    case when k.contype = 'f' then json_build_array(fn.nspname, f.relname) end as references,
    case when k.contype = 'f' then case
      when cardinality(k.confkey) = 1 then (
        select json_build_array(a.attname) from pg_attribute a where a.attrelid = k.confrelid and a.attnum = k.confkey[1]
      )
      else (
        select json_agg(a.attname order by x.position)
        from unnest(k.confkey) with ordinality x (attnum, position)
        cross join lateral (select a.attname from pg_attribute a where a.attrelid = k.confrelid and a.attnum = x.attnum offset 0) a
      )
    end end as referenced_columns,
    case when k.contype = 'f' then case k.confmatchtype when 'f' then 'full' when 'p' then 'partial' when 's' then 'simple' end end as match,
    case when k.contype = 'f' then case k.confupdtype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' end end as on_update,
    case when k.contype = 'f' then case k.confdeltype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' end end as on_delete
) referring
cross join lateral (
  select
    -- Deferring is a fact of its own.
    case when k.contype = 'x' then regexp_replace(pg_get_constraintdef(k.oid), '( DEFERRABLE)?( INITIALLY DEFERRED)?$', '') end as definition,
    nullif(k.contype = 'u' and i.indnullsnotdistinct, false) as nulls_not_distinct, -- since 15
    nullif(not k.conenforced, false) as not_enforced, -- since 18
    nullif(k.contype in ('p', 'u') and k.conperiod, false) as without_overlaps, -- since 18
    nullif(k.contype = 'f' and k.conperiod, false) as period, -- since 18
    case when k.confdelsetcols is not null then ( -- since 15
      select json_agg(a.attname order by a.attnum) -- since 15
      from unnest(k.confdelsetcols) x (attnum) -- since 15
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum -- since 15
    ) end as on_delete_columns, -- since 15
    case when k.contype in ('p', 'u') and i.indnatts > i.indnkeyatts then (
      select json_agg(a.attname order by x.position)
      from unnest(i.indkey::int2[]) with ordinality x (attnum, position)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = x.attnum
      where x.position > i.indnkeyatts
    ) end as include,
    -- Of the index behind it; that of an exclusion is printed with its options.
    case when k.contype in ('p', 'u') and ic.reloptions is not null then (select json_agg(o order by o) from unnest(ic.reloptions) o) end as options,
    case when ts.oid is not null then json_build_array(ts.spcname) end as tablespace,
    nullif(i.indisclustered, false) as clustered,
    case when ic.relkind = 'I' then ( -- those that Postgres would choose itself say nothing
      select json_agg(json_build_array(json_build_array(xtn.nspname, xt.relname), json_build_array(xc.relname)) order by xtn.nspname, xt.relname)
      from pg_partition_tree(ic.oid) p
      join pg_class xc on xc.oid = p.relid
      join pg_index x on x.indexrelid = xc.oid
      join pg_class xt on xt.oid = x.indrelid
      join pg_namespace xtn on xtn.oid = xt.relnamespace
      cross join lateral (
        select concat_ws('_', xt.relname, case when k.contype <> 'p' then (select string_agg(a.attname, '_' order by a.attnum) from pg_attribute a where a.attrelid = xc.oid) end, case k.contype when 'p' then 'pkey' when 'u' then 'key' else 'excl' end) as name
      ) u
      where p.level > 0
        and case when octet_length(u.name) < 60
          then left(xc.relname, length(u.name)) <> u.name or substr(xc.relname, length(u.name) + 1) !~ '^[0-9]*$'
          else xc.relname !~ '_(pkey|key|excl)[0-9]*$'
        end
    ) end as part_names
) rare
where k.contype in ('c', 'f', 'p', 'u', 'x')
  and k.conparentid = 0 -- else the partitioned table's constraint stands for it
  and (k.conislocal or k.coninhcount = 0) -- conparentid is 0 for inherited checks
  and k.oid >= 16384
  and c.relpersistence is distinct from 't'
