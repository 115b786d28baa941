-- PostGIS: the types geometry and geography and the functions that applications call most. Values stay the text they were
-- written as; measures and predicates are null.
--
-- Left out: gist, spgist and brin operator classes, so `create index … using gist (location)` fails here (gist calls compiled
-- support functions on every value); raster, topology, the tiger geocoder; box2d and box3d; aggregates; about 700 functions.
-- A type modifier is accepted and not shown: geometry(Point,4326) reads back as geometry.
create function _stub.postgis(sch text) returns void
language plpgsql set search_path = pg_catalog as $stub$
declare
  t text;
begin
  foreach t in array array['geometry', 'geography'] loop
    -- The modifier is words and numbers, which no routine of the server reads. Counting them gives a harmless number, and
    -- 'void_out' prints nothing for it.
    perform _stub.run(replace($script$
      create type @schema@.@type@;
      create function @schema@.@type@_in(cstring, oid, integer) returns @schema@.@type@
        language internal immutable strict parallel safe as 'textin';
      create function @schema@.@type@_out(@schema@.@type@) returns cstring
        language internal immutable strict parallel safe as 'textout';
      create function @schema@.@type@_typmod_in(cstring[]) returns integer
        language internal immutable strict parallel safe as 'array_cardinality';
      create function @schema@.@type@_typmod_out(integer) returns cstring
        language internal immutable strict parallel safe as 'void_out';
      create type @schema@.@type@ (
        input = @schema@.@type@_in, output = @schema@.@type@_out,
        typmod_in = @schema@.@type@_typmod_in, typmod_out = @schema@.@type@_typmod_out,
        delimiter = ':', storage = main
      );

      create function @schema@.@type@_lt(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'bytealt';
      create function @schema@.@type@_le(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteale';
      create function @schema@.@type@_eq(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteaeq';
      create function @schema@.@type@_ge(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteage';
      create function @schema@.@type@_gt(@schema@.@type@, @schema@.@type@) returns boolean
        language internal immutable strict parallel safe as 'byteagt';
      create function @schema@.@type@_cmp(@schema@.@type@, @schema@.@type@) returns integer
        language internal immutable strict parallel safe as 'byteacmp';
      create operator @schema@.< (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_lt,
        commutator = operator(@schema@.>), negator = operator(@schema@.>=));
      create operator @schema@.<= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_le,
        commutator = operator(@schema@.>=), negator = operator(@schema@.>));
      create operator @schema@.= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_eq,
        commutator = operator(@schema@.=), restrict = eqsel, join = eqjoinsel);
      create operator @schema@.>= (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_ge,
        commutator = operator(@schema@.<=), negator = operator(@schema@.<));
      create operator @schema@.> (leftarg = @schema@.@type@, rightarg = @schema@.@type@, function = @schema@.@type@_gt,
        commutator = operator(@schema@.<), negator = operator(@schema@.<=));
      create operator class @schema@.btree_@type@_ops default for type @schema@.@type@ using btree as
        operator 1 @schema@.<, operator 2 @schema@.<=, operator 3 @schema@.=, operator 4 @schema@.>=, operator 5 @schema@.>,
        function 1 @schema@.@type@_cmp(@schema@.@type@, @schema@.@type@);

      create function @schema@.@type@(@schema@.@type@, integer, boolean) returns @schema@.@type@
        language sql immutable strict parallel safe as $$ select $1 $$;
      create cast (@schema@.@type@ as @schema@.@type@)
        with function @schema@.@type@(@schema@.@type@, integer, boolean) as implicit;
      create function @schema@.@type@_distance_knn(@schema@.@type@, @schema@.@type@) returns float8
        language sql immutable strict parallel safe as $$ select null::float8 $$;
      create operator @schema@.<-> (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.@type@_distance_knn, commutator = operator(@schema@.<->));
      create function @schema@.@type@_overlaps(@schema@.@type@, @schema@.@type@) returns boolean
        language sql immutable strict parallel safe as $$ select null::boolean $$;
      create operator @schema@.&& (leftarg = @schema@.@type@, rightarg = @schema@.@type@,
        function = @schema@.@type@_overlaps, commutator = operator(@schema@.&&));
    $script$, '@type@', t), sch);
  end loop;

  perform _stub.run($script$
    create function @schema@.geography(@schema@.geometry) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select $1::text::@schema@.geography $$;
    create function @schema@.geometry(@schema@.geography) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::text::@schema@.geometry $$;
    create cast (text as @schema@.geometry) with inout as implicit;
    create cast (@schema@.geometry as @schema@.geography)
      with function @schema@.geography(@schema@.geometry) as implicit;
    create cast (@schema@.geography as @schema@.geometry) with function @schema@.geometry(@schema@.geography);
    create table @schema@.spatial_ref_sys (
      srid integer not null primary key check (srid > 0 and srid <= 998999),
      auth_name varchar(256),
      auth_srid integer,
      srtext varchar(2048),
      proj4text varchar(2048)
    );
    grant select on @schema@.spatial_ref_sys to public;

    create function @schema@.st_makepoint(float8, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('POINT(' || $1 || ' ' || $2 || ')')::@schema@.geometry $$;
    create function @schema@.st_makepoint(float8, float8, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('POINT Z (' || $1 || ' ' || $2 || ' ' || $3 || ')')::@schema@.geometry $$;
    create function @schema@.st_point(float8, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('POINT(' || $1 || ' ' || $2 || ')')::@schema@.geometry $$;
    create function @schema@.st_point(float8, float8, srid integer) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('SRID=' || $3 || ';POINT(' || $1 || ' ' || $2 || ')')::@schema@.geometry $$;
    create function @schema@.st_setsrid(geom @schema@.geometry, srid integer) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('SRID=' || $2 || ';' || pg_catalog.regexp_replace($1::text, '^SRID=\d+;', ''))::@schema@.geometry $$;
    create function @schema@.st_geomfromtext(text) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::@schema@.geometry $$;
    create function @schema@.st_geomfromtext(text, integer) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select ('SRID=' || $2 || ';' || $1)::@schema@.geometry $$;
    create function @schema@.st_geomfromewkt(text) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::@schema@.geometry $$;
    create function @schema@.st_geogfromtext(text) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select $1::@schema@.geography $$;
    create function @schema@.st_geographyfromtext(text) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select $1::@schema@.geography $$;
    create function @schema@.st_geomfromgeojson(text) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::@schema@.geometry $$;
    create function @schema@.st_geomfromgeojson(jsonb) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::text::@schema@.geometry $$;
    create function @schema@.st_geomfromgeojson(json) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select $1::text::@schema@.geometry $$;
    create function @schema@.st_astext(@schema@.geometry) returns text
      language sql immutable strict parallel safe as $$ select pg_catalog.regexp_replace($1::text, '^SRID=\d+;', '')::text $$;
    create function @schema@.st_asewkt(@schema@.geometry) returns text
      language sql immutable strict parallel safe as $$ select $1::text $$;
    create function @schema@.st_asbinary(@schema@.geometry) returns bytea
      language sql immutable strict parallel safe as $$ select null::bytea $$;
    create function @schema@.st_distance(@schema@.geometry, @schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_intersects(@schema@.geometry, @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_covers(@schema@.geometry, @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_coveredby(@schema@.geometry, @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_intersection(@schema@.geometry, @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_buffer(@schema@.geometry, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_centroid(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_summary(@schema@.geometry) returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.st_astext(@schema@.geography) returns text
      language sql immutable strict parallel safe as $$ select pg_catalog.regexp_replace($1::text, '^SRID=\d+;', '')::text $$;
    create function @schema@.st_asewkt(@schema@.geography) returns text
      language sql immutable strict parallel safe as $$ select $1::text $$;
    create function @schema@.st_asbinary(@schema@.geography) returns bytea
      language sql immutable strict parallel safe as $$ select null::bytea $$;
    create function @schema@.st_distance(@schema@.geography, @schema@.geography) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_intersects(@schema@.geography, @schema@.geography) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_covers(@schema@.geography, @schema@.geography) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_coveredby(@schema@.geography, @schema@.geography) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_intersection(@schema@.geography, @schema@.geography) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select null::@schema@.geography $$;
    create function @schema@.st_buffer(@schema@.geography, float8) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select null::@schema@.geography $$;
    create function @schema@.st_centroid(@schema@.geography) returns @schema@.geography
      language sql immutable strict parallel safe as $$ select null::@schema@.geography $$;
    create function @schema@.st_summary(@schema@.geography) returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.st_asgeojson(geom @schema@.geometry, maxdecimaldigits integer default 9,
      options integer default 8)
      returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.st_asgeojson(geog @schema@.geography, maxdecimaldigits integer default 9,
      options integer default 0)
      returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.st_distance(@schema@.geography, @schema@.geography, use_spheroid boolean) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_dwithin(geom1 @schema@.geometry, geom2 @schema@.geometry, float8) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_dwithin(geog1 @schema@.geography, geog2 @schema@.geography, tolerance float8,
      use_spheroid boolean default true)
      returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_area(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_area(geog @schema@.geography, use_spheroid boolean default true) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_length(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_length(geog @schema@.geography, use_spheroid boolean default true) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_distancesphere(geom1 @schema@.geometry, geom2 @schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_contains(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_within(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_equals(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_touches(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_overlaps(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_crosses(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_disjoint(geom1 @schema@.geometry, geom2 @schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_x(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_y(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_z(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_xmin(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_xmax(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_ymin(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_ymax(@schema@.geometry) returns float8
      language sql immutable strict parallel safe as $$ select null::float8 $$;
    create function @schema@.st_srid(geom @schema@.geometry) returns integer
      language sql immutable strict parallel safe as $$ select null::integer $$;
    create function @schema@.st_isvalid(@schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_isempty(@schema@.geometry) returns boolean
      language sql immutable strict parallel safe as $$ select null::boolean $$;
    create function @schema@.st_geometrytype(@schema@.geometry) returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.geometrytype(@schema@.geometry) returns text
      language sql immutable strict parallel safe as $$ select null::text $$;
    create function @schema@.st_npoints(@schema@.geometry) returns integer
      language sql immutable strict parallel safe as $$ select null::integer $$;
    create function @schema@.st_transform(@schema@.geometry, integer) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_makeline(geom1 @schema@.geometry, geom2 @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_makeline(@schema@.geometry[]) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_makepolygon(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_envelope(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_convexhull(geometry @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_simplify(@schema@.geometry, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_multi(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_makevalid(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_force2d(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_union(geom1 @schema@.geometry, geom2 @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_difference(geom1 @schema@.geometry, geom2 @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_boundary(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_pointonsurface(@schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_collect(geom1 @schema@.geometry, geom2 @schema@.geometry) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_makeenvelope(float8, float8, float8, float8, integer default 0) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.st_expand(@schema@.geometry, float8) returns @schema@.geometry
      language sql immutable strict parallel safe as $$ select null::@schema@.geometry $$;
    create function @schema@.postgis_version() returns text
      language sql immutable strict parallel safe as $$ select '3.3'::text $$;
    create function @schema@.postgis_full_version() returns text
      language sql immutable strict parallel safe as $$ select 'POSTGIS="3.3"'::text $$;
  $script$, sch);
  perform _stub.register('postgis', sch, '3.3.7');
end $stub$;
