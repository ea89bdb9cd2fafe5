-- Search parameters that are added while the node runs, and the jobs that index what is stored already.
-- How writers, jobs and workers agree: docs/decisions/0010-custom-search-parameters.md

create sequence search_generation_number;

-- One row. Its number changes, with the transaction that does it, whenever a SearchParameter or the state of
-- a job changes. Numbers are never used again, also when that transaction is rolled back.
create table search_generation (
    single     boolean primary key default true check (single),
    generation bigint not null default 0
);
insert into search_generation default values;

create function search_generation_advance() returns trigger language plpgsql as $$
begin
    update search_generation set generation = nextval('search_generation_number');
    return null;
end $$;

-- 123 is the number of SearchParameter among the resource types
create trigger resource_search_created after insert on resource
    for each row when (new.type = 123) execute function search_generation_advance();
create trigger resource_search_changed after update of version on resource
    for each row when (new.type = 123) execute function search_generation_advance();

-- One row per resource type and parameter; parameter '' stands for the whole index of the type.
create table reindex_job (
    id            uuid primary key default gen_random_uuid(),
    type          smallint not null,
    stored        text not null,               -- the name under which the index keeps the parameter
    code          text not null,
    source        text not null,               -- id of the SearchParameter
    removing      boolean not null default false, -- the parameter is gone: its rows leave the index
    state         text not null default 'waiting' check (state in ('waiting', 'running', 'paused', 'done', 'failed')),
    barrier       xid8 not null default pg_current_xact_id(), -- begins when every older transaction has ended
    until         bigint not null default 9223372036854775807, -- microseconds: what is younger is indexed when written
    after_updated bigint not null default -9223372036854775808,
    after_pk      bigint not null default -1,
    done          bigint not null default 0,
    total         bigint not null default 0,
    failure       text not null default '',
    created       timestamptz not null default now(),
    alive         timestamptz not null default now(), -- last sign of the process that works on it
    finished      timestamptz,
    unique (type, stored)
);

create trigger reindex_job_changed after insert or delete or update of state on reindex_job
    for each row execute function search_generation_advance();

-- Replaces the index of one version in place. p_keys: the parameters whose rows are renewed; null: all.
-- Returns 1 done, 0 the version no longer stands, 2 the definitions changed meanwhile.
create function reindex_resource(
    p_generation bigint, p_keys bigint[], p_self bigint, p_version integer, p_low bigint, p_high bigint,
    p_tokens bigint[], p_hot smallint, p_targets bigint[],
    p_string_keys bigint[], p_strings text[],
    p_date_keys bigint[], p_date_lows bigint[], p_date_highs bigint[],
    p_number_keys bigint[], p_number_lows float8[], p_number_highs float8[],
    p_number_units bigint[], p_number_codes bigint[], p_number_names bigint[],
    p_position_keys bigint[], p_latitudes float8[], p_longitudes float8[]
) returns smallint language plpgsql as $$
declare
    v_pk bigint;
    v_hot smallint;
    v_low bigint;
    v_tokens bigint[];
begin
    if p_generation <> (select g.generation from search_generation g) then return 2; end if;
    select r.pk, r.hot, r.low, r.tokens into v_pk, v_hot, v_low, v_tokens
      from resource r where r.self = p_self and r.version = p_version and r.body is not null for no key update;
    if v_pk is null then return 0; end if;
    if v_hot > 0 then
        delete from posting x using unnest(v_tokens[1:v_hot]) h
         where x.hash = h and x.date = v_low and x.pk = v_pk
           and (v_low <> p_low or not (h = any(p_tokens[1:p_hot])));
    end if;
    update resource r set hot = p_hot, low = p_low, high = p_high, tokens = p_tokens, targets = p_targets
     where r.pk = v_pk and (r.tokens, r.targets, r.hot, r.low, r.high)
           is distinct from (p_tokens, p_targets, p_hot, p_low, p_high);
    insert into posting select h, p_low, v_pk from unnest(p_tokens[1:p_hot]) h on conflict do nothing;
    delete from string_value x where x.pk = v_pk and (p_keys is null or x.key = any(p_keys));
    delete from date_value x where x.pk = v_pk and (p_keys is null or x.key = any(p_keys));
    delete from number_value x where x.pk = v_pk and (p_keys is null or x.key = any(p_keys));
    insert into string_value select k, s, v_pk from unnest(p_string_keys, p_strings) as u(k, s)
     where p_keys is null or k = any(p_keys);
    insert into date_value select k, l, h, v_pk from unnest(p_date_keys, p_date_lows, p_date_highs) as u(k, l, h)
     where p_keys is null or k = any(p_keys);
    insert into number_value select k, l, h, u, c, n, v_pk
      from unnest(p_number_keys, p_number_lows, p_number_highs, p_number_units, p_number_codes, p_number_names)
        as x(k, l, h, u, c, n)
     where p_keys is null or k = any(p_keys);
    if p_keys is null then
        delete from position_value x where x.pk = v_pk;
        insert into position_value select k, a, o, v_pk
          from unnest(p_position_keys, p_latitudes, p_longitudes) as x(k, a, o);
    end if;
    return 1;
end $$;
