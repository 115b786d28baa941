-- Settings of this database, for everybody who connects. What may be a secret shows only that it changes.
select
  'pg_db_role_setting'::regclass::oid::int8 as class_oid,
  s.setdatabase::int8 as object_oid,
  hashtext('true' || c.setting) as sub_id, -- the row is one for all settings; as in the replay's ledger
  null::int8 as parent_class_oid,
  null::int8 as parent_object_oid,
  null::int4 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(split_part(c.setting, '=', 1))) as name,
  json_build_object('value', case
    when split_part(c.setting, '=', 1) ~* '(secret|passw|token|credential|private|(^|[._])key|key$)'
      then '[redacted ' || left(md5(c.setting), 8) || ']'
    else substr(c.setting, strpos(c.setting, '=') + 1)
  end) as facts
from pg_db_role_setting s
cross join lateral unnest(s.setconfig) c (setting)
join pg_database d on d.oid = s.setdatabase
where s.setrole = 0
  and d.datname = current_database()
