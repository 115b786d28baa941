-- pg_stat_statements, for servers built without it: the views, empty.
create function _stub."pg_stat_statements"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create view @schema@.pg_stat_statements_info as select 0::bigint as dealloc, pg_catalog.now() as stats_reset where false;
    create view @schema@.pg_stat_statements as
      select null::oid as userid, null::oid as dbid, null::boolean as toplevel, null::bigint as queryid, null::text as query,
        null::bigint as plans, null::float8 as total_plan_time, null::float8 as min_plan_time, null::float8 as max_plan_time,
        null::float8 as mean_plan_time, null::float8 as stddev_plan_time, null::bigint as calls,
        null::float8 as total_exec_time, null::float8 as min_exec_time, null::float8 as max_exec_time,
        null::float8 as mean_exec_time, null::float8 as stddev_exec_time, null::bigint as rows,
        null::bigint as shared_blks_hit, null::bigint as shared_blks_read, null::bigint as shared_blks_dirtied,
        null::bigint as shared_blks_written, null::bigint as local_blks_hit, null::bigint as local_blks_read,
        null::bigint as local_blks_dirtied, null::bigint as local_blks_written, null::bigint as temp_blks_read,
        null::bigint as temp_blks_written, null::float8 as blk_read_time, null::float8 as blk_write_time,
        null::bigint as wal_records, null::bigint as wal_fpi, null::numeric as wal_bytes
      where false;
    create function @schema@.pg_stat_statements_reset(
      userid oid default 0, dbid oid default 0, queryid bigint default 0)
      returns void language sql as $$ select $$;
    revoke all on function @schema@.pg_stat_statements_reset(oid, oid, bigint) from public;
    grant select on @schema@.pg_stat_statements, @schema@.pg_stat_statements_info to public;
  $script$, sch);
  perform _stub.register('pg_stat_statements', sch, '1.10');
end $stub$;
