create table a (id int;
select ((1;
create tabel b (id int);
\connect other
\i file.sql
copy t from stdin;
1	2
\.
select 'never closed
