-- Settings of roles, for this database or for all of them, and of all roles. What may be a secret shows only that it changes.
select
  'pg_db_role_setting'::regclass::oid::int8 as class_oid,
  s.setrole::int8 as object_oid,
  hashtext((s.setdatabase <> 0)::text || c.setting) as sub_id, -- the row is one for all settings; as in the replay's ledger
  case when s.setrole <> 0 then 'pg_authid'::regclass::oid::int8 end as parent_class_oid,
  nullif(s.setrole, 0)::int8 as parent_object_oid,
  case when s.setrole <> 0 then 0 end as parent_sub_id,
  null::name as schema_name,
  json_build_array(
    case when s.setrole = 0 then to_json('all'::text) else json_build_array(r.rolname) end, -- a role of that name is quoted
    case when s.setdatabase <> 0 then ' in database' else '' end || '.',
    json_build_array(split_part(c.setting, '=', 1))
  ) as name,
  json_build_object('value', case
    when split_part(c.setting, '=', 1) ~* '(secret|passw|token|credential|private|(^|[._])key|key$)'
      then '[redacted ' || left(md5(c.setting), 8) || ']'
    else substr(c.setting, strpos(c.setting, '=') + 1)
  end) as facts
from pg_db_role_setting s
cross join lateral unnest(s.setconfig) c (setting)
left join pg_roles r on r.oid = s.setrole
where (
    s.setrole = 0 and s.setdatabase = 0 -- in a database: settings of the database
    or s.setrole >= 16384 and r.rolname !~ '^pg_'
  )
  and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
