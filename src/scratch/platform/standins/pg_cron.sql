-- pg_cron: the job table and the functions that fill it. Nothing ever runs.
-- The schema is always cron, whatever `create extension` says.
create function _stub."pg_cron"(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
begin
  perform _stub.run($script$
    create schema cron;
    create sequence cron.jobid_seq;
    create sequence cron.runid_seq;
    create table cron.job (
      jobid bigint primary key default pg_catalog.nextval('cron.jobid_seq'),
      schedule text not null,
      command text not null,
      nodename text not null default 'localhost',
      nodeport integer not null default 5432,
      database text not null default current_database(),
      username text not null default current_user,
      active boolean not null default true,
      jobname text,
      constraint jobname_username_uniq unique (jobname, username)
    );
    create table cron.job_run_details (
      jobid bigint,
      runid bigint primary key default pg_catalog.nextval('cron.runid_seq'),
      job_pid integer,
      database text,
      username text,
      command text,
      status text,
      return_message text,
      start_time timestamptz,
      end_time timestamptz
    );
    alter table cron.job enable row level security;
    create policy cron_job_policy on cron.job using (username = current_user);
    alter table cron.job_run_details enable row level security;
    create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

    create function cron.schedule(schedule text, command text) returns bigint language sql as $$
      insert into cron.job (schedule, command) values ($1, $2) returning jobid
    $$;
    create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
      insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
      on conflict on constraint jobname_username_uniq do update set schedule = excluded.schedule, command = excluded.command
      returning jobid
    $$;
    create function cron.schedule_in_database(
      job_name text, schedule text, command text, database text, username text default null, active boolean default true)
    returns bigint language sql as $$
      insert into cron.job (jobname, schedule, command, database, username, active)
      values ($1, $2, $3, $4, coalesce($5, current_user), $6)
      on conflict on constraint jobname_username_uniq do update
        set schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
      returning jobid
    $$;
    -- The real ones raise for an unknown job. In a replay the job is often unknown for a good reason: it was made in a
    -- dashboard. Failing there would cost a migration and show nothing.
    create function cron.unschedule(job_id bigint) returns boolean language sql as $$
      with gone as (delete from cron.job where jobid = $1 returning 1) select exists (select from gone)
    $$;
    create function cron.unschedule(job_name text) returns boolean language sql as $$
      with gone as (delete from cron.job where jobname = $1 returning 1) select exists (select from gone)
    $$;
    create function cron.alter_job(
      job_id bigint, schedule text default null, command text default null, database text default null,
      username text default null, active boolean default null)
    returns void language sql as $$
      update cron.job as j
      set schedule = coalesce($2, j.schedule), command = coalesce($3, j.command), database = coalesce($4, j.database),
          username = coalesce($5, j.username), active = coalesce($6, j.active)
      where j.jobid = $1
    $$;
    create function cron.job_cache_invalidate() returns trigger language plpgsql as $$ begin return null; end $$;

    grant usage on schema cron to public;
    grant select, update, delete on cron.job_run_details to public;
    grant select on cron.job to public;
    grant all on schema cron to @owner@ with grant option;
    grant all on all tables in schema cron to @owner@ with grant option;
    grant all on all sequences in schema cron to @owner@;
  $script$, sch);
  perform _stub.register('pg_cron', sch, '1.6');
end $stub$;
