create function f() returns text language sql as $a$ select $b$;'"$b$ $a$; -- ; not
/* ; /* nested ; */ */ select 'it''s ; one', E'\';', U&"d\0061t;a", $$;$$;
create policy "a;b" on t using (x = ';');
begin atomic
create or replace procedure p() begin atomic select 1; select 2; end;
