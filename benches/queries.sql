-- A dozen queries that have Postgres print every definition: the usual way to read a schema, without a client's work.
begin isolation level repeatable read read only;
set local search_path = pg_catalog;
copy (
  select n.oid, n.nspname, n.nspowner, n.nspacl, obj_description(n.oid, 'pg_namespace')
  from pg_namespace n
) to stdout;
copy (
  select c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, obj_description(c.oid, 'pg_class')
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'f')
) to stdout;
copy (
  select a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attacl,
    pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum)
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and a.attnum > 0 and not a.attisdropped
) to stdout;
copy (
  select k.conrelid, k.contypid, k.conname, k.contype, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')
  from pg_constraint k
  where k.oid >= 16384
) to stdout;
copy (
  select i.indrelid, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, obj_description(c.oid, 'pg_class')
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  where c.oid >= 16384
) to stdout;
copy (
  select g.tgrelid, g.tgname, pg_get_triggerdef(g.oid), g.tgenabled, obj_description(g.oid, 'pg_trigger')
  from pg_trigger g
  where not g.tgisinternal
) to stdout;
copy (
  select p.oid, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid), p.proowner, p.proacl, obj_description(p.oid, 'pg_proc')
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where p.oid >= 16384 and p.prokind in ('f', 'p')
) to stdout;
copy (
  select c.oid, n.nspname, c.relname, c.relkind, pg_get_viewdef(c.oid), c.relowner, c.relacl, obj_description(c.oid, 'pg_class')
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('v', 'm')
) to stdout;
copy (
  select p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  from pg_policy p
) to stdout;
copy (
  select c.oid, n.nspname, c.relname, s.*, c.relowner, c.relacl
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
  join pg_namespace n on n.oid = c.relnamespace
) to stdout;
copy (
  select t.oid, n.nspname, t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod), t.typdefault, t.typowner, t.typacl,
    (select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  where t.oid >= 16384 and t.typtype in ('e', 'd', 'c', 'r')
) to stdout;
copy (
  select x.extname, x.extversion, x.extnamespace, (select array_agg(d.objid) from pg_depend d where d.refobjid = x.oid and d.deptype = 'e')
  from pg_extension x
) to stdout;
rollback;
