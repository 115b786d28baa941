-- pgvector: three vector types, their operators, and the index methods hnsw and ivfflat.
--
-- A value is kept as the text it was written as, so the types read and write it with the server's own text routines. The
-- distances are computed for real, slowly: a migration's assertions about them hold.
--
-- The index methods borrow the handler of hash indexes, which accepts any type that has a hash function. What it does not
-- accept are the real methods' settings: `with (m = …, ef_construction = …, lists = …)` must be taken off `create index`
-- before it gets here. Left out: vector_spherical_distance and other support functions that only index methods call.
create function _stub.vector(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
declare
  t text;
  am text;
  r record;
begin
  foreach t in array array['vector', 'halfvec', 'sparsevec'] loop
    -- 'bittypmodin' reads one positive number, which is just what vector(384) has, and format_type prints it back.
    perform _stub.run(replace($script$
      create type @schema@.@type@;
      create function @schema@.@type@_in(cstring, oid, integer) returns @schema@.@type@
        language internal immutable strict parallel safe as 'textin';
      create function @schema@.@type@_out(@schema@.@type@) returns cstring
        language internal immutable strict parallel safe as 'textout';
      create function @schema@.@type@_recv(internal, oid, integer) returns @schema@.@type@
        language internal immutable strict parallel safe as 'textrecv';
      create function @schema@.@type@_send(@schema@.@type@) returns bytea
        language internal immutable strict parallel safe as 'textsend';
      create function @schema@.@type@_typmod_in(cstring[]) returns integer
        language internal immutable strict parallel safe as 'bittypmodin';
      create type @schema@.@type@ (
        input = @schema@.@type@_in, output = @schema@.@type@_out,
        receive = @schema@.@type@_recv, send = @schema@.@type@_send,
        typmod_in = @schema@.@type@_typmod_in, storage = external
      );
    $script$, '@type@', t), sch);
  end loop;

  -- Not in the real extension: the numbers of a value. A sparse one reads {index:value,…}/dimensions.
  perform _stub.run($script$
    create function @schema@.stand_in_numbers(@schema@.vector) returns float8[]
      language sql immutable strict parallel safe as
      $$ select pg_catalog.string_to_array(pg_catalog.btrim($1::text, '[] '), ',')::float8[] $$;
    create function @schema@.stand_in_numbers(@schema@.halfvec) returns float8[]
      language sql immutable strict parallel safe as
      $$ select pg_catalog.string_to_array(pg_catalog.btrim($1::text, '[] '), ',')::float8[] $$;
    create function @schema@.stand_in_numbers(@schema@.sparsevec) returns float8[]
      language sql immutable strict parallel safe as $$
        select pg_catalog.array_agg(coalesce(e.v, 0) order by i)
        from pg_catalog.generate_series(1, pg_catalog.split_part($1::text, '/', 2)::integer) as i
        left join (
          select pg_catalog.split_part(p, ':', 1)::integer as k, pg_catalog.split_part(p, ':', 2)::float8 as v
          from pg_catalog.unnest(pg_catalog.string_to_array(
            pg_catalog.btrim(pg_catalog.split_part($1::text, '/', 1), '{} '), ',')) as p
        ) as e on e.k = i
      $$;
    create function @schema@.stand_in_vector(float8[]) returns @schema@.vector
      language sql immutable strict parallel safe as
      $$ select ('[' || pg_catalog.array_to_string($1, ',') || ']')::@schema@.vector $$;
    create function @schema@.stand_in_halfvec(float8[]) returns @schema@.halfvec
      language sql immutable strict parallel safe as
      $$ select ('[' || pg_catalog.array_to_string($1, ',') || ']')::@schema@.halfvec $$;
    create function @schema@.stand_in_sparsevec(float8[]) returns @schema@.sparsevec
      language sql immutable strict parallel safe as $$
        select ('{' || coalesce(pg_catalog.string_agg(n.i || ':' || n.v, ',' order by n.i) filter (where n.v <> 0), '')
          || '}/' || pg_catalog.cardinality($1))::@schema@.sparsevec
        from pg_catalog.unnest($1) with ordinality as n(v, i)
      $$;
    create function @schema@.stand_in_hash(bit) returns integer
      language internal immutable strict parallel safe as 'hashvarlena';
  $script$, sch);

  foreach t in array array['vector', 'halfvec', 'sparsevec'] loop
    perform _stub.run(replace(replace($script$
      create function @schema@.stand_in_hash(@schema@.@type@) returns integer
        language internal immutable strict parallel safe as 'hashvarlena';

      create function @schema@.l2_distance(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$
          select pg_catalog.sqrt(pg_catalog.sum((a - b) * (a - b)))
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) as u(a, b)
        $$;
      create function @schema@.inner_product(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$
          select pg_catalog.sum(a * b)
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) as u(a, b)
        $$;
      create function @schema@.cosine_distance(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$
          select coalesce(
            1 - pg_catalog.sum(a * b) / nullif(pg_catalog.sqrt(pg_catalog.sum(a * a) * pg_catalog.sum(b * b)), 0), 'NaN')
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) as u(a, b)
        $$;
      create function @schema@.l1_distance(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$
          select pg_catalog.sum(pg_catalog.abs(a - b))
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) as u(a, b)
        $$;
      create function @schema@.@type@_negative_inner_product(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$ select - @schema@.inner_product($1, $2) $$;
      create function @schema@.@type@_l2_squared_distance(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$ select @schema@.l2_distance($1, $2) ^ 2 $$;
      create function @schema@.@norm@(@schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$
          select pg_catalog.sqrt(pg_catalog.sum(a * a)) from pg_catalog.unnest(@schema@.stand_in_numbers($1)) as u(a)
        $$;
      create function @schema@.l2_normalize(@schema@.@type@) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(pg_catalog.array_agg(
            coalesce(u.a / nullif(@schema@.@norm@($1), 0), 0) order by u.i))
          from pg_catalog.unnest(@schema@.stand_in_numbers($1)) with ordinality as u(a, i)
        $$;

      -- Ordered as bytes, not as numbers: enough for order by, distinct and unique.
      create function @schema@.@type@_lt(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'bytealt';
      create function @schema@.@type@_le(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteale';
      create function @schema@.@type@_eq(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteaeq';
      create function @schema@.@type@_ne(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteane';
      create function @schema@.@type@_ge(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteage';
      create function @schema@.@type@_gt(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteagt';
      create function @schema@.@type@_cmp(@schema@.@type@, @schema@.@type@) returns integer
        language internal immutable strict parallel safe as 'byteacmp';

      create operator @schema@.<-> (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.l2_distance, commutator = operator(@schema@.<->));
      create operator @schema@.<#> (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.@type@_negative_inner_product, commutator = operator(@schema@.<#>));
      create operator @schema@.<=> (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.cosine_distance, commutator = operator(@schema@.<=>));
      create operator @schema@.<+> (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.l1_distance, commutator = operator(@schema@.<+>));
      create operator @schema@.< (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_lt,
        commutator = operator(@schema@.>), negator = operator(@schema@.>=),
        restrict = scalarltsel, join = scalarltjoinsel);
      create operator @schema@.<= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_le,
        commutator = operator(@schema@.>=), negator = operator(@schema@.>),
        restrict = scalarlesel, join = scalarlejoinsel);
      create operator @schema@.= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_eq,
        commutator = operator(@schema@.=), negator = operator(@schema@.<>), restrict = eqsel, join = eqjoinsel);
      create operator @schema@.<> (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_ne,
        commutator = operator(@schema@.<>), negator = operator(@schema@.=), restrict = neqsel, join = neqjoinsel);
      create operator @schema@.>= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_ge,
        commutator = operator(@schema@.<=), negator = operator(@schema@.<),
        restrict = scalargesel, join = scalargejoinsel);
      create operator @schema@.> (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_gt,
        commutator = operator(@schema@.<), negator = operator(@schema@.<=),
        restrict = scalargtsel, join = scalargtjoinsel);
      create operator class @schema@.@type@_ops default for type @schema@.@type@ using btree as
        operator 1 @schema@.<, operator 2 @schema@.<=, operator 3 @schema@.=, operator 4 @schema@.>=, operator 5 @schema@.>,
        function 1 @schema@.@type@_cmp(@schema@.@type@, @schema@.@type@);

      -- Real ones check the dimensions here.
      create function @schema@.@type@(@schema@.@type@, integer, boolean) returns @schema@.@type@
        language sql immutable strict parallel safe as $$ select $1 $$;
      create cast (@schema@.@type@ as @schema@.@type@)
        with function @schema@.@type@(@schema@.@type@, integer, boolean) as implicit;
    $script$, '@norm@', case t when 'vector' then 'vector_norm' else 'l2_norm' end), '@type@', t), sch);

    for r in select unnest(array['integer[]', 'real[]', 'double precision[]', 'numeric[]']) as source loop
      perform _stub.run(replace(replace($script$
        create function @schema@.array_to_@type@(@source@, integer, boolean) returns @schema@.@type@
          language sql immutable strict parallel safe as $$ select @schema@.stand_in_@type@($1::float8[]) $$;
        create cast (@source@ as @schema@.@type@)
          with function @schema@.array_to_@type@(@source@, integer, boolean) as assignment;
      $script$, '@type@', t), '@source@', r.source), sch);
    end loop;
  end loop;

  -- Between the types. A cast to text needs none: the server makes one, on assignment, for every type.
  for r in
    select * from (values
      ('vector', 'halfvec', 'implicit'), ('vector', 'sparsevec', 'implicit'),
      ('halfvec', 'vector', 'assignment'), ('halfvec', 'sparsevec', 'implicit'),
      ('sparsevec', 'vector', 'assignment'), ('sparsevec', 'halfvec', 'assignment')
    ) as c(source, target, context)
  loop
    perform _stub.run(replace(replace(replace($script$
      create function @schema@.@source@_to_@target@(@schema@.@source@, integer, boolean) returns @schema@.@target@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@target@(@schema@.stand_in_numbers($1))
        $$;
      create cast (@schema@.@source@ as @schema@.@target@)
        with function @schema@.@source@_to_@target@(@schema@.@source@, integer, boolean) as @context@;
    $script$, '@source@', r.source), '@target@', r.target), '@context@', r.context), sch);
  end loop;

  -- What the dense types have and the sparse one has not.
  for r in select * from (values ('vector', 'implicit'), ('halfvec', 'assignment')) as d(type, context) loop
    perform _stub.run(replace(replace($script$
      create function @schema@.@type@_to_float4(@schema@.@type@, integer, boolean) returns real[]
        language sql immutable strict parallel safe as $$ select @schema@.stand_in_numbers($1)::real[] $$;
      create cast (@schema@.@type@ as real[])
        with function @schema@.@type@_to_float4(@schema@.@type@, integer, boolean) as @context@;

      create function @schema@.vector_dims(@schema@.@type@) returns integer
        language sql immutable strict parallel safe as $$ select pg_catalog.cardinality(@schema@.stand_in_numbers($1)) $$;
      create function @schema@.subvector(@schema@.@type@, integer, integer) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@((@schema@.stand_in_numbers($1))[$2 : $2 + $3 - 1])
        $$;
      create function @schema@.binary_quantize(@schema@.@type@) returns bit
        language sql immutable strict parallel safe as $$
          select pg_catalog.string_agg(case when u.a > 0 then '1' else '0' end, '' order by u.i)::varbit::pg_catalog."bit"
          from pg_catalog.unnest(@schema@.stand_in_numbers($1)) with ordinality as u(a, i)
        $$;
      create function @schema@.@type@_add(@schema@.@type@, @schema@.@type@) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(pg_catalog.array_agg(u.a + u.b order by u.i))
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) with ordinality as u(a, b, i)
        $$;
      create function @schema@.@type@_sub(@schema@.@type@, @schema@.@type@) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(pg_catalog.array_agg(u.a - u.b order by u.i))
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) with ordinality as u(a, b, i)
        $$;
      create function @schema@.@type@_mul(@schema@.@type@, @schema@.@type@) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(pg_catalog.array_agg(u.a * u.b order by u.i))
          from unnest(@schema@.stand_in_numbers($1), @schema@.stand_in_numbers($2)) with ordinality as u(a, b, i)
        $$;
      create function @schema@.@type@_concat(@schema@.@type@, @schema@.@type@) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(@schema@.stand_in_numbers($1) || @schema@.stand_in_numbers($2))
        $$;
      create operator @schema@.+ (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.@type@_add, commutator = operator(@schema@.+));
      create operator @schema@.- (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_sub);
      create operator @schema@.* (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.@type@_mul, commutator = operator(@schema@.*));
      create operator @schema@.|| (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_concat);

      -- State: the count, then the sums.
      create function @schema@.@type@_accum(float8[], @schema@.@type@) returns float8[]
        language sql immutable strict parallel safe as $$
          select ($1[1] + 1) || pg_catalog.array_agg(coalesce(u.a, 0) + u.b order by u.i)
          from unnest($1[2:], @schema@.stand_in_numbers($2)) with ordinality as u(a, b, i)
        $$;
      create function @schema@.@type@_avg(float8[]) returns @schema@.@type@
        language sql immutable strict parallel safe as $$
          select @schema@.stand_in_@type@(pg_catalog.array_agg(u.a / $1[1] order by u.i))
          from pg_catalog.unnest($1[2:]) with ordinality as u(a, i)
          where $1[1] > 0
        $$;
      create aggregate @schema@.avg(@schema@.@type@) (
        sfunc = @schema@.@type@_accum, stype = float8[], finalfunc = @schema@.@type@_avg, initcond = '{0}');
      create aggregate @schema@.sum(@schema@.@type@) (sfunc = @schema@.@type@_add, stype = @schema@.@type@);
    $script$, '@type@', r.type), '@context@', r.context), sch);
  end loop;

  perform _stub.run($script$
    create function @schema@.hamming_distance(bit, bit) returns float8
      language sql immutable strict parallel safe as $$
        select pg_catalog.length(pg_catalog.replace(($1 # $2)::text, '0', ''))::float8
      $$;
    create function @schema@.jaccard_distance(bit, bit) returns float8
      language sql immutable strict parallel safe as $$
        select coalesce(1 - pg_catalog.length(pg_catalog.replace(($1 & $2)::text, '0', ''))::float8
          / nullif(pg_catalog.length(pg_catalog.replace(($1 | $2)::text, '0', '')), 0), 1)
      $$;
    create operator @schema@.<~> (leftarg = bit, rightarg = bit,
      function = @schema@.hamming_distance, commutator = operator(@schema@.<~>));
    create operator @schema@.<%> (leftarg = bit, rightarg = bit,
      function = @schema@.jaccard_distance, commutator = operator(@schema@.<%>));
  $script$, sch);

  foreach am in array array['ivfflat', 'hnsw'] loop
    perform _stub.run(replace($script$
      create function @schema@.@am@handler(internal) returns index_am_handler language internal as 'hashhandler';
      create access method @am@ type index handler @schema@.@am@handler;
    $script$, '@am@', am), sch);
  end loop;
  for r in
    select * from (values
      ('ivfflat', 'vector', 'vector_l2_ops', 'default'), ('ivfflat', 'vector', 'vector_ip_ops', ''),
      ('ivfflat', 'vector', 'vector_cosine_ops', ''),
      ('ivfflat', 'halfvec', 'halfvec_l2_ops', ''), ('ivfflat', 'halfvec', 'halfvec_ip_ops', ''),
      ('ivfflat', 'halfvec', 'halfvec_cosine_ops', ''), ('ivfflat', 'bit', 'bit_hamming_ops', ''),
      ('hnsw', 'vector', 'vector_l2_ops', ''), ('hnsw', 'vector', 'vector_ip_ops', ''),
      ('hnsw', 'vector', 'vector_cosine_ops', ''), ('hnsw', 'vector', 'vector_l1_ops', ''),
      ('hnsw', 'halfvec', 'halfvec_l2_ops', ''), ('hnsw', 'halfvec', 'halfvec_ip_ops', ''),
      ('hnsw', 'halfvec', 'halfvec_cosine_ops', ''), ('hnsw', 'halfvec', 'halfvec_l1_ops', ''),
      ('hnsw', 'sparsevec', 'sparsevec_l2_ops', ''), ('hnsw', 'sparsevec', 'sparsevec_ip_ops', ''),
      ('hnsw', 'sparsevec', 'sparsevec_cosine_ops', ''), ('hnsw', 'sparsevec', 'sparsevec_l1_ops', ''),
      ('hnsw', 'bit', 'bit_hamming_ops', ''), ('hnsw', 'bit', 'bit_jaccard_ops', '')
    ) as c(am, type, name, is_default)
  loop
    perform _stub.run(replace(replace(replace(replace(replace($script$
      create operator class @schema@.@name@ @default@ for type @type@ using @am@ as
        operator 1 @home@.= (@type@, @type@),
        function 1 @schema@.stand_in_hash(@type@);
    $script$, '@name@', r.name), '@default@', r.is_default), '@am@', r.am),
      '@home@', case r.type when 'bit' then 'pg_catalog' else '@schema@' end),
      '@type@', case r.type when 'bit' then 'pg_catalog.bit' else '@schema@.' || r.type end), sch);
  end loop;

  perform _stub.register('vector', sch, '0.8.0');
end $stub$;
