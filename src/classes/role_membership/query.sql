-- Memberships, one row a group and member, whoever granted them. From 16 on a role that makes another one gets the
-- right to pass it on without a word.
select
  'pg_auth_members'::regclass::oid::int8 as class_oid,
  m.roleid::int8 as object_oid,
  hashtext(m.member::text) as sub_id, -- up to 15 a membership has no oid
  'pg_authid'::regclass::oid::int8 as parent_class_oid,
  m.member::int8 as parent_object_oid,
  0 as parent_sub_id,
  null::name as schema_name,
  json_build_array(json_build_array(g.rolname), ' to ', json_build_array(r.rolname)) as name,
  json_build_object(
    'inherit', bool_or(m.inherit_option), -- since 16
    'set', bool_or(m.set_option), -- since 16
    'admin', bool_or(m.admin_option)
  ) as facts
from pg_auth_members m
join pg_roles g on g.oid = m.roleid
join pg_roles r on r.oid = m.member
where m.member >= 16384
  and r.rolname !~ '^pg_'
  and not (m.grantor = 10 and m.admin_option and not m.inherit_option and not m.set_option) -- since 16
group by m.roleid, m.member, g.rolname, r.rolname
