-- Contained resources as rows that can be searched (R4, Search, 3.1.1.5.5). Their index stands in the same tables
-- under keys of the same sequence. They come and go with the resource that contains them.
create table contained_resource (
    pk        bigint primary key default nextval('resource_pk'),
    container bigint not null,                 -- pk of the resource that contains it
    type      smallint not null,
    version   integer not null,
    self      bigint not null,                 -- hash of "Type/id#local"
    patient   bigint,                          -- the container's
    low       bigint not null,
    high      bigint not null,
    updated   bigint not null,
    id        text collate "C" not null,       -- "Type/id#local"
    tokens    bigint[] not null,
    targets   bigint[] not null,
    body      bytea not null
);
create index contained_container on contained_resource (container);
create index contained_tokens on contained_resource using gin (tokens);
create index contained_date on contained_resource (type, low, pk);

create function contained_forget(p_pk bigint) returns void language sql as $$
    delete from string_value x using contained_resource k where k.container = p_pk and x.pk = k.pk;
    delete from date_value x using contained_resource k where k.container = p_pk and x.pk = k.pk;
    delete from number_value x using contained_resource k where k.container = p_pk and x.pk = k.pk;
    delete from position_value x using contained_resource k where k.container = p_pk and x.pk = k.pk;
    delete from contained_resource k where k.container = p_pk;
$$;

create function contained_outdated() returns trigger language plpgsql as $$
begin
    perform contained_forget(old.pk);
    return null;
end $$;

-- the token that a resource carries when it contains others: store/index.py, CONTAINS
create trigger resource_contained_outdated after update of version on resource
    for each row when (old.tokens @> array[-7463262672039576548::bigint]) execute function contained_outdated();
create trigger resource_contained_gone after delete on resource
    for each row when (old.tokens @> array[-7463262672039576548::bigint]) execute function contained_outdated();

-- Adds one contained resource of a version that stands. Returns whether it does.
create function write_contained(
    p_container bigint, p_version integer, p_type smallint, p_self bigint, p_id text, p_body bytea,
    p_low bigint, p_high bigint, p_tokens bigint[], p_targets bigint[],
    p_string_keys bigint[], p_strings text[],
    p_date_keys bigint[], p_date_lows bigint[], p_date_highs bigint[],
    p_number_keys bigint[], p_number_lows float8[], p_number_highs float8[],
    p_number_units bigint[], p_number_codes bigint[], p_number_names bigint[],
    p_position_keys bigint[], p_latitudes float8[], p_longitudes float8[]
) returns boolean language plpgsql as $$
declare
    v_pk bigint;
begin
    insert into contained_resource (container, type, version, self, patient, low, high, updated, id, tokens, targets, body)
    select r.pk, p_type, r.version, p_self, r.patient, p_low, p_high, r.updated, p_id, p_tokens, p_targets, p_body
      from resource r where r.self = p_container and r.version = p_version and r.body is not null
    returning pk into v_pk;
    if v_pk is null then return false; end if;
    insert into string_value select k, s, v_pk from unnest(p_string_keys, p_strings) as u(k, s);
    insert into date_value select k, l, h, v_pk from unnest(p_date_keys, p_date_lows, p_date_highs) as u(k, l, h);
    insert into number_value select k, l, h, u, c, n, v_pk
      from unnest(p_number_keys, p_number_lows, p_number_highs, p_number_units, p_number_codes, p_number_names)
        as x(k, l, h, u, c, n);
    insert into position_value select k, a, o, v_pk
      from unnest(p_position_keys, p_latitudes, p_longitudes) as x(k, a, o);
    return true;
end $$;
