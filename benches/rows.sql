-- The rows of the catalogs that say what a schema is, as they are: what reading cannot take less than.
\o /dev/null
begin isolation level repeatable read read only;
select format('copy pg_catalog.%I to stdout', c.relname)
from pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace
  and c.relkind = 'r'
  and c.relname not in ('pg_largeobject', 'pg_replication_origin', 'pg_shdepend', 'pg_statistic', 'pg_statistic_ext_data', 'pg_subscription_rel')
order by c.relname
\gexec
rollback;
