-- User mappings, through the view: pg_user_mapping itself is the superuser's. The view shows options to the server's owner,
-- to who is mapped, and to superusers; to others it shows null, as it does where there are none.
-- asked where there are: pg_foreign_server
select
  'pg_user_mapping'::regclass::oid::int8 as class_oid,
  m.umid::int8 as object_oid,
  0 as sub_id,
  'pg_foreign_server'::regclass::oid::int8 as parent_class_oid,
  s.oid::int8 as parent_object_oid,
  0 as parent_sub_id,
  null::name as schema_name,
  json_build_array(case when m.umuser = 0 then 'PUBLIC' else '' end, case when m.umuser = 0 then '[]'::json else json_build_array(pg_get_userbyid(m.umuser)) end, ' on ', json_build_array(s.srvname)) as name,
  json_build_object(
    'options', case
      when m.umoptions is not null then (
        select json_agg(json_build_array(o.option_name, o.option_value) order by o.option_name)
        from pg_options_to_table(m.umoptions) o
      )
      when not (
        (select r.rolsuper from pg_roles r where r.rolname = current_user)
        or m.umuser = 0 and pg_has_role(s.srvowner, 'usage')
        or m.usename = current_user and (pg_has_role(s.srvowner, 'usage') or has_server_privilege(s.oid, 'usage'))
      ) then to_json('only the owner of the server and who is mapped may read them'::text)
    end
  ) as facts
from pg_user_mappings m
join pg_foreign_server s on s.oid = m.srvid
where m.umid >= 16384
