-- Text search configurations, with the dictionaries that each kind of token goes through.
-- asked where there are: pg_ts_config where oid >= 16384
select
  'pg_ts_config'::regclass::oid::int8 as class_oid,
  c.oid::int8 as object_oid,
  0 as sub_id,
  'pg_namespace'::regclass::oid::int8 as parent_class_oid,
  n.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  n.nspname as schema_name,
  json_build_array(json_build_array(n.nspname, c.cfgname)) as name,
  json_build_object(
    'parser', json_build_array(pn.nspname, p.prsname),
    'mappings', (
      select json_object_agg(t.alias, m.dictionaries)
      from (
        select m.maptokentype, json_agg(json_build_array(dn.nspname, d.dictname) order by m.mapseqno) as dictionaries
        from pg_ts_config_map m
        join pg_ts_dict d on d.oid = m.mapdict
        join pg_namespace dn on dn.oid = d.dictnamespace
        where m.mapcfg = c.oid
        group by m.maptokentype
      ) m
      join ts_token_type(c.cfgparser) t on t.tokid = m.maptokentype
    )
  ) as facts
from pg_ts_config c
join pg_namespace n on n.oid = c.cfgnamespace
join pg_ts_parser p on p.oid = c.cfgparser
join pg_namespace pn on pn.oid = p.prsnamespace
left join pg_depend e
  on e.classid = 'pg_ts_config'::regclass
  and e.objid = c.oid
  and e.refclassid = 'pg_extension'::regclass
  and e.deptype = 'e' -- member of an extension
where c.oid >= 16384
  and n.nspname !~ '^pg_(temp|toast)'
  and e.objid is null
