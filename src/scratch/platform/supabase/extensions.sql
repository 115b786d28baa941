-- Extensions that a hosted project has switched on before its first migration. Needs the stand-ins.
-- Not pg_cron, pg_net or vector: a project asks for those, and that request is what is being compared.
select _stub.create_extension('pgcrypto', 'extensions');
select _stub.create_extension('uuid-ossp', 'extensions');
select _stub.create_extension('pg_stat_statements', 'extensions');
select _stub.create_extension('supabase_vault', 'vault');
select _stub.create_extension('pg_graphql', 'graphql');
