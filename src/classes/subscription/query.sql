-- Subscriptions of this database: what everybody may read of them, so never the connection. Before 14 that is not even the oid;
-- the view of the workers has it.
select
  'pg_subscription'::regclass::oid::int8 as class_oid,
  (
    select min(w.subid::int8)
    from pg_stat_subscription w
    where w.subname = s.subname
      and w.subid = s.oid -- since 14
  ) as object_oid,
  0 as sub_id,
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(s.subname)) as name,
  json_build_object(
    'enabled', s.subenabled,
    'publications', (select json_agg(x.name order by x.name) from unnest(s.subpublications) x (name)),
    'slot', s.subslotname,
    'options', array_to_json(array_remove(array[
      case when s.subbinary then 'binary=true' end, -- since 14
      case s.substream::text when 'true' then 'streaming=on' when 't' then 'streaming=on' when 'p' then 'streaming=parallel' end, -- since 14
      'synchronous_commit=' || nullif(s.subsynccommit, 'off'), -- since 14
      case when s.subtwophasestate <> 'd' then 'two_phase=true' end, -- since 15
      case when s.subdisableonerr then 'disable_on_error=true' end, -- since 15
      'origin=' || nullif(s.suborigin, 'any'), -- since 16
      case when not s.subpasswordrequired then 'password_required=false' end, -- since 16
      case when s.subrunasowner then 'run_as_owner=true' end, -- since 16
      case when s.subfailover then 'failover=true' end, -- since 17
      null::text
    ], null))
  ) as facts
from pg_subscription s
where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
