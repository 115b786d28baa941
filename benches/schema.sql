-- An application's schema of as many tables as the setting bench.tables says, for benches/compare.rs.
-- Each table has eight columns, a key, a unique and a check constraint, up to two foreign keys, two more indexes, a trigger,
-- comments and grants; every second one row security with four policies, every third a function of its own,
-- every fifth a view on it, every twentieth an enum.
do $$ begin create role bench_reader; exception when duplicate_object then null; end $$;
do $$ begin create role bench_writer; exception when duplicate_object then null; end $$;
create function touch() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$;
do $schema$
declare
  name text;
  before text := 'table_0';
  mood text;
begin
  for i in 0 .. current_setting('bench.tables')::int - 1 loop
    name := 'table_' || i;
    if i % 20 = 0 then
      mood := 'mood_' || i;
      execute format('create type %I as enum (''draft'', ''published'', ''archived'')', mood);
    end if;
    execute format(
      'create table %1$I (
         id bigint generated always as identity primary key,
         owner_name text not null default current_user,
         title varchar(80) not null check (length(title) > 0),
         state %3$I not null default ''draft'',
         amount numeric(12, 2),
         parent_id bigint references %2$I on delete cascade,
         reviewer_id bigint references table_0 (id),
         updated_at timestamptz not null default now(),
         unique (owner_name, title)
       )', name, before, mood);
    execute format('create index %1$I on %2$I (parent_id)', name || '_parent', name);
    execute format('create index %1$I on %2$I (lower(title), updated_at desc) where state <> ''archived''', name || '_recent', name);
    execute format('create trigger touch before update on %I for each row execute function touch()', name);
    execute format('comment on table %I is %L', name, 'What there is to know about ' || name);
    execute format('comment on column %I.title is %L', name, 'Shown in lists');
    execute format('grant select on %I to bench_reader', name);
    execute format('grant select, insert, update, delete on %I to bench_writer', name);
    if i % 2 = 0 then
      execute format('alter table %I enable row level security', name);
      execute format('create policy "Read own" on %I for select to bench_reader using (owner_name = current_user or state = ''published'')', name);
      execute format('create policy "Insert own" on %I for insert to bench_writer with check (owner_name = current_user)', name);
      execute format('create policy "Update own" on %I for update to bench_writer using (owner_name = current_user) with check (owner_name = current_user)', name);
      execute format('create policy "Delete own" on %I for delete to bench_writer using (owner_name = current_user and updated_at > now() - interval ''1 day'')', name);
    end if;
    if i % 3 = 0 then
      execute format('create function %I(who text) returns bigint language sql stable as ''select count(*) from %I where owner_name = who''', name || '_count', name);
      execute format('grant execute on function %I to bench_reader', name || '_count');
    end if;
    if i % 5 = 0 then
      execute format('create view %I as select t.id, t.title, p.title as parent from %I t left join %I p on p.id = t.parent_id where t.state = ''published''', name || '_list', name, before);
      execute format('grant select on %I to bench_reader', name || '_list');
    end if;
    before := name;
    if i % 50 = 49 then
      commit;
    end if;
  end loop;
end $schema$;
